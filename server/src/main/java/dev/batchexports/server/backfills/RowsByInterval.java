package dev.batchexports.server.backfills;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Source;
import dev.batchexports.server.exports.BatchExport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Finds out which of many intervals hold rows, by one query for thousands of them.
public final class RowsByInterval {
    private static final int INTERVALS_OF_QUERY = 4_000;

    private RowsByInterval() {}

    /// Whether the intervals of an export can be counted together. Those of a query of the user's own cannot:
    /// what it returns for a range need not be what it returns for each interval of the range.
    public static boolean isKnowable(BatchExport export) {
        return switch (export.model().relation()) {
            case Relation.Table table -> true;
            case Relation.Query query -> false;
        };
    }

    /// The rows of each interval that has any.
    ///
    /// @param intervals by the boundary that they are scheduled for, ascending
    /// @return by the same boundaries
    public static Map<Instant, Long> count(
            Source source, BatchExport export, Map<Instant, Interval> intervals, QueryTag tag) {
        Map<Instant, Long> rows = new TreeMap<>();
        List<Instant> boundaries = List.copyOf(intervals.keySet());
        List<Interval> ordered = new ArrayList<>(intervals.values());
        for (int from = 0; from < ordered.size(); from += INTERVALS_OF_QUERY) {
            List<Interval> part = ordered.subList(from, Math.min(ordered.size(), from + INTERVALS_OF_QUERY));
            List<Long> counts = source.counts(
                    selection(export, part.getFirst().start(), part.getLast().end()), part, tag);
            for (int index = 0; index < part.size(); index++) {
                if (counts.get(index) > 0) {
                    rows.put(boundaries.get(from + index), counts.get(index));
                }
            }
        }
        return rows;
    }

    /// All intervals of an export between two boundaries, by the boundary that they are scheduled for.
    static Map<Instant, Interval> intervals(BatchExport export, Instant start, Instant end) {
        Map<Instant, Interval> intervals = new TreeMap<>();
        export.timeline()
                .within(start, end)
                .forEach(whole -> export.intervalScheduledAt(whole.end())
                        .ifPresent(interval -> intervals.put(whole.end(), interval)));
        return intervals;
    }

    static RowSelection selection(BatchExport export, Instant start, Instant end) {
        return export.selection(new Interval(start, end));
    }
}
