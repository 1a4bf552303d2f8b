package dev.batchexports.server.exports;

import dev.batchexports.core.interval.Interval;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An interval that the schedule is going to export.
///
/// @param scheduledAt the boundary at which its run begins; it then waits its settle delay
public record ScheduledInterval(Interval interval, Instant scheduledAt) {
    /// The next intervals of an export's schedule, soonest first; none when it is paused or ended.
    public static List<ScheduledInterval> upcoming(BatchExport export, Instant now, int count) {
        List<ScheduledInterval> upcoming = new ArrayList<>();
        if (export.status(now) != ExportStatus.ACTIVE) {
            return upcoming;
        }
        Instant first = export.firstIntervalStart();
        Instant boundary = export.grid().next(first.isAfter(now) ? first : now);
        while (upcoming.size() < count) {
            Optional<Interval> interval = export.intervalScheduledAt(boundary);
            if (interval.isEmpty()) {
                break;
            }
            upcoming.add(new ScheduledInterval(interval.get(), boundary));
            boundary = export.grid().next(boundary);
        }
        return upcoming;
    }
}
