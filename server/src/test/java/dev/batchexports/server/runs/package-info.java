/// What runs have made of the intervals of an export.
@NullMarked
package dev.batchexports.server.runs;

import org.jspecify.annotations.NullMarked;
