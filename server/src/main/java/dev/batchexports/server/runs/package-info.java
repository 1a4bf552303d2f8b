/// Runs, their slices, attempts, files and logs.
@NullMarked
package dev.batchexports.server.runs;

import org.jspecify.annotations.NullMarked;
