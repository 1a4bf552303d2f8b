/// How fast an export is, beside the engine alone and beside other programs; and what a run costs.
@NullMarked
package dev.batchexports.benchmarks;

import org.jspecify.annotations.NullMarked;
