package dev.batchexports.core.source;

import dev.batchexports.core.interval.Interval;

/// A part of a run's interval: the unit of transfer, of retry and of parallelism. The slices of a plan
/// hold every row of the interval exactly once.
///
/// @param number from 0, in order of landing time
/// @param range the sub-range of landing time
/// @param bucket which share of the rows of this range, when one instant holds more rows than a slice
///     may
/// @param buckets how many shares the range is cut into by a hash of the row; 1 for all of them
/// @param rows counted when the plan was made
/// @param bytes size estimated when the plan was made, uncompressed
public record Slice(int number, Interval range, int bucket, int buckets, long rows, long bytes) {
    public Slice {
        if (number < 0 || buckets < 1 || bucket < 0 || bucket >= buckets || rows < 0 || bytes < 0) {
            throw new IllegalArgumentException("not a slice: " + number + ", " + bucket + " of " + buckets);
        }
    }
}
