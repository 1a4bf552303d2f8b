package dev.batchexports.server.backfills;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Source;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// Finds where the data of a model begins.
public final class EarliestInterval {
    private static final String PURPOSE = "earliest";

    private EarliestInterval() {}

    /// The start of the first interval of a grid that holds rows before a boundary.
    ///
    /// It halves the range that must hold the first row until it is one interval: together the queries
    /// read no more than one count of all rows would.
    ///
    /// @param selection of any interval: its bounds are not used
    /// @param runId names the queries at the source
    /// @return empty when there are no rows before the boundary
    public static Optional<Instant> start(
            Source source, RowSelection selection, IntervalGrid grid, Instant before, UUID runId) {
        Instant from = grid.floor(Instant.EPOCH);
        Instant to = before;
        int query = 1;
        if (!from.isBefore(to) || isEmpty(source, selection, from, to, new QueryTag(runId, PURPOSE, query))) {
            return Optional.empty();
        }
        while (grid.next(from).isBefore(to)) {
            Instant middle = grid.ceiling(from.plus(Duration.between(from, to).dividedBy(2)));
            if (!middle.isBefore(to)) {
                middle = grid.next(from);
            }
            query++;
            if (isEmpty(source, selection, from, middle, new QueryTag(runId, PURPOSE, query))) {
                from = middle;
            } else {
                to = middle;
            }
        }
        return Optional.of(from);
    }

    private static boolean isEmpty(Source source, RowSelection selection, Instant from, Instant to, QueryTag tag) {
        return source.count(selection.within(new Interval(from, to)), tag) == 0;
    }
}
