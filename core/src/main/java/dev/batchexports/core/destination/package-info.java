/// The seam to where rows go: one {@link dev.batchexports.core.destination.DestinationType} for each
/// destination.
@NullMarked
package dev.batchexports.core.destination;

import org.jspecify.annotations.NullMarked;
