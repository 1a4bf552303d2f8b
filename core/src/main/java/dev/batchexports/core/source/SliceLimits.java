package dev.batchexports.core.source;

import java.util.OptionalLong;

/// How a plan cuts an interval.
///
/// @param targetBytes uncompressed size that a slice is cut at
/// @param maxFileBytes encoded size that a slice should stay below; the plan measures the encoding on a
///     sample of the rows to keep to it
/// @param maxSlices slices grow beyond their target rather than being more than this
/// @param parallel how an interval is shared out among slices that are transferred at once
public record SliceLimits(long targetBytes, OptionalLong maxFileBytes, int maxSlices, Parallel parallel) {
    /// An interval is not cut.
    public static final SliceLimits ONE_SLICE = new SliceLimits(Long.MAX_VALUE, OptionalLong.empty(), 1);

    /// Formats that the source writes with one core each gain from several slices at once.
    ///
    /// @param slices that are transferred at once
    /// @param leastBytes uncompressed size below which a slice is not worth its file
    public record Parallel(int slices, long leastBytes) {
        /// One slice after the other.
        public static final Parallel NONE = new Parallel(1, 1);

        public Parallel {
            if (slices < 1 || leastBytes < 1) {
                throw new IllegalArgumentException("at least one slice of at least one byte is needed");
            }
        }
    }

    /// With as few slices as the target allows.
    public SliceLimits(long targetBytes, OptionalLong maxFileBytes, int maxSlices) {
        this(targetBytes, maxFileBytes, maxSlices, Parallel.NONE);
    }

    public SliceLimits {
        if (targetBytes < 1 || maxSlices < 1) {
            throw new IllegalArgumentException("limits must be positive");
        }
    }
}
