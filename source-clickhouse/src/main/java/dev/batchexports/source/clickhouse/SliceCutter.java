package dev.batchexports.source.clickhouse;

import dev.batchexports.core.interval.Interval;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Puts buckets together to slices. Computes only; asks nobody.
///
/// The cuts leave no gap and do not overlap: the first begins with the interval, the last ends with it, so
/// that a row which becomes visible only after the plan still belongs to exactly one slice.
final class SliceCutter {
    /// A range that becomes one slice, or several that share its rows.
    ///
    /// @param instant the only landing time in the range that has rows, if it is shared, in microseconds
    ///     since 1970
    /// @param shares how many slices share the range; 1 for an ordinary one
    record Cut(Interval range, long instant, int shares, long rows, long bytes) {}

    /// @param bucket of the instant's hash buckets
    record Share(long instant, int bucket) {}

    private final Interval interval;
    private final List<Bucket> buckets;
    private final long resolution;

    /// @param buckets with rows, in order, not overlapping
    /// @param resolution the width of a bucket that cannot be cut, in microseconds
    SliceCutter(Interval interval, List<Bucket> buckets, long resolution) {
        this.interval = interval;
        this.buckets = buckets;
        this.resolution = resolution;
    }

    /// @param target bytes that a slice should not exceed; it is raised where more than `maxSlices` would
    ///     come out
    List<Cut> cuts(long target, int maxSlices) {
        long raised = target;
        List<Cut> cuts = cuts(raised);
        while (cuts.stream().mapToInt(Cut::shares).sum() > maxSlices) {
            raised += Math.max(1, raised / 8);
            cuts = cuts(raised);
        }
        return cuts;
    }

    private List<Cut> cuts(long target) {
        List<Group> groups = new ArrayList<>();
        Group current = new Group();
        for (Bucket bucket : buckets) {
            boolean shared = bucket.width() == resolution && bucket.bytes() > target;
            if (!current.isEmpty() && (shared || current.bytes + bucket.bytes() > target)) {
                groups.add(current);
                current = new Group();
            }
            current.add(bucket);
            if (shared) {
                current.shares = Math.toIntExact(Math.min(Math.ceilDiv(bucket.bytes(), target), bucket.rows()));
                groups.add(current);
                current = new Group();
            }
        }
        if (!current.isEmpty()) {
            groups.add(current);
        }
        List<Cut> cuts = new ArrayList<>();
        for (int index = 0; index < groups.size(); index++) {
            Group group = groups.get(index);
            Instant start = index == 0 ? interval.start() : Planner.instant(group.start);
            Instant end = index == groups.size() - 1 ? interval.end() : Planner.instant(groups.get(index + 1).start);
            cuts.add(new Cut(new Interval(start, end), group.start, group.shares, group.rows, group.bytes));
        }
        return cuts;
    }

    private static final class Group {
        private long start;
        private long rows;
        private long bytes;
        private int shares = 1;

        boolean isEmpty() {
            return rows == 0;
        }

        void add(Bucket bucket) {
            if (isEmpty()) {
                start = bucket.start();
            }
            rows += bucket.rows();
            bytes += bucket.bytes();
        }
    }
}
