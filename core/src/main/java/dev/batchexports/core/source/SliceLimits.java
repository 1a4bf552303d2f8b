package dev.batchexports.core.source;

import java.util.OptionalLong;

/// How a plan cuts an interval.
///
/// @param targetBytes uncompressed size that a slice is cut at
/// @param maxFileBytes encoded size that a slice should stay below; the plan measures the encoding on a
///     sample of the rows to keep to it
/// @param maxSlices slices grow beyond their target rather than being more than this
public record SliceLimits(long targetBytes, OptionalLong maxFileBytes, int maxSlices) {
    public SliceLimits {
        if (targetBytes < 1 || maxSlices < 1) {
            throw new IllegalArgumentException("limits must be positive");
        }
    }
}
