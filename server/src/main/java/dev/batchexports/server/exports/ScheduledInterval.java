package dev.batchexports.server.exports;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.interval.Timeline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An interval that the schedule is going to export.
///
/// @param scheduledAt the boundary at which its run begins; it then waits its settle delay
public record ScheduledInterval(Interval interval, Instant scheduledAt) {
    /// The next intervals of an export's schedule, soonest first, also of a paused one, as if it were not;
    /// none when it has ended.
    static List<ScheduledInterval> upcoming(BatchExport export, Instant now, int count) {
        return upcoming(export.timeline(), export.firstIntervalStart(), export.endAt(), now, count);
    }

    /// The next intervals of an export that is created now.
    static List<ScheduledInterval> upcoming(
            IntervalGrid grid, @Nullable Instant startAt, @Nullable Instant endAt, Instant now, int count) {
        Instant first = startAt == null ? grid.floor(now) : grid.ceiling(startAt);
        return upcoming(Timeline.of(grid), first, endAt, now, count);
    }

    private static List<ScheduledInterval> upcoming(
            Timeline timeline, Instant first, @Nullable Instant endAt, Instant now, int count) {
        List<ScheduledInterval> upcoming = new ArrayList<>();
        if (endAt != null && !endAt.isAfter(now)) {
            return upcoming;
        }
        Instant boundary = timeline.next(first.isAfter(now) ? first : now);
        while (upcoming.size() < count) {
            Interval whole = timeline.endingAt(boundary);
            if (endAt != null && !endAt.isAfter(whole.start())) {
                break;
            }
            Instant end = endAt != null && endAt.isBefore(boundary) ? endAt : boundary;
            upcoming.add(new ScheduledInterval(new Interval(whole.start(), end), boundary));
            boundary = timeline.next(boundary);
        }
        return upcoming;
    }
}
