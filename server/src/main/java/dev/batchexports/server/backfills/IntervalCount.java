package dev.batchexports.server.backfills;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.interval.Timeline;
import java.time.Duration;
import java.time.Instant;

/// Counts intervals, so that nobody has to make them first.
public final class IntervalCount {
    /// What a backfill may have: a hundred years of hours.
    public static final int MOST = 1_000_000;

    private IntervalCount() {}

    /// Whether more intervals lie between two boundaries than a backfill may have.
    public static boolean isTooLarge(Timeline timeline, Instant start, Instant end) {
        return between(timeline, start, end) > MOST;
    }

    /// How many intervals lie between two boundaries; where they have to be counted one by one, no more than
    /// are too many.
    static long between(Timeline timeline, Instant start, Instant end) {
        if (!timeline.past().isEmpty()) {
            return timeline.within(start, end).limit(MOST + 1L).count();
        }
        IntervalGrid grid = timeline.grid();
        return switch (grid.frequency()) {
            case Frequency.Hour() -> Duration.between(start, end).dividedBy(Duration.ofHours(1));
            case Frequency.Every(Duration length) ->
                Duration.between(start, end).dividedBy(length);
            case Frequency.Day() -> grid.within(start, end).count();
            case Frequency.Week() -> grid.within(start, end).count();
        };
    }
}
