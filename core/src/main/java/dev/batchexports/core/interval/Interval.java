package dev.batchexports.core.interval;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// A half-open range `[start, end)` of landing time, with microsecond precision: what one run exports.
public record Interval(Instant start, Instant end) {
    public Interval {
        if (!start.isBefore(end)) {
            throw new IllegalArgumentException("an interval must start before it ends: " + start + " to " + end);
        }
        if (!start.truncatedTo(ChronoUnit.MICROS).equals(start)
                || !end.truncatedTo(ChronoUnit.MICROS).equals(end)) {
            throw new IllegalArgumentException("bounds have microsecond precision: " + start + " to " + end);
        }
    }

    public boolean contains(Instant time) {
        return !time.isBefore(start) && time.isBefore(end);
    }

    public boolean overlaps(Interval other) {
        return start.isBefore(other.end) && other.start.isBefore(end);
    }

    public Duration duration() {
        return Duration.between(start, end);
    }

    /// `2026-11-23T10:00:00Z-2026-11-23T11:00:00Z`: the stem of file names and the words of log lines.
    @Override
    public String toString() {
        return start + "-" + end;
    }
}
