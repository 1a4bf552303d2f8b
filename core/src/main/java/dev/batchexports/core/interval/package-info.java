/// Intervals of landing time and the grid of boundaries that a schedule walks along.
@NullMarked
package dev.batchexports.core.interval;

import org.jspecify.annotations.NullMarked;
