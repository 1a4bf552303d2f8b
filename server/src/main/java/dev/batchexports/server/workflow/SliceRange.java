package dev.batchexports.server.workflow;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Consecutive slices of a plan, which one activity transfers one after the other.
///
/// @param first the number of the first slice
/// @param count how many, at least 1
public record SliceRange(int first, int count) {
    public SliceRange {
        if (first < 0 || count < 1) {
            throw new IllegalArgumentException("not a range of slices: " + count + " from " + first);
        }
    }

    /// All slices of a plan, in ranges as equal as can be: one slice each, unless that would be more
    /// ranges than wanted.
    static List<SliceRange> covering(int slices, int mostRanges) {
        int length = Math.max(1, Math.ceilDiv(slices, mostRanges));
        List<SliceRange> ranges = new ArrayList<>();
        for (int first = 0; first < slices; first += length) {
            ranges.add(new SliceRange(first, Math.min(length, slices - first)));
        }
        return ranges;
    }

    boolean containsAny(Collection<Integer> numbers) {
        return numbers.stream().anyMatch(number -> number >= first && number < first + count);
    }

    int end() {
        return first + count;
    }
}
