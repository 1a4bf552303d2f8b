package dev.batchexports.core.interval;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAdjusters;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/// The boundaries that cut time into the intervals of an export: they tile time without gap or overlap.
///
/// Hours and minutes are aligned to the epoch in UTC. Days and weeks begin at [#offsetHour()] of the
/// zone's wall clock; when that hour does not exist (clocks spring forward) the boundary is the first
/// instant after the gap, and when it exists twice (clocks fall back) it is the first of the two.
///
/// @param offsetHour 0 to 23, for day and week; 0 otherwise
/// @param offsetDay 0 (Sunday) to 6 (Saturday), for week; 0 otherwise
public record IntervalGrid(Frequency frequency, ZoneId zone, int offsetHour, int offsetDay) {
    public IntervalGrid {
        if (offsetHour < 0 || offsetHour > 23) {
            throw new IllegalArgumentException("offset_hour must be 0 to 23, not " + offsetHour);
        }
        if (offsetDay < 0 || offsetDay > 6) {
            throw new IllegalArgumentException("offset_day must be 0 (Sunday) to 6 (Saturday), not " + offsetDay);
        }
    }

    public static IntervalGrid of(Frequency frequency) {
        return new IntervalGrid(frequency, ZoneOffset.UTC, 0, 0);
    }

    /// The last boundary at or before the time.
    public Instant floor(Instant time) {
        return switch (frequency) {
            case Frequency.Hour() -> floorTo(time, Duration.ofHours(1));
            case Frequency.Every(Duration length) -> floorTo(time, length);
            case Frequency.Day() -> {
                LocalDate date = time.atZone(zone).toLocalDate().plusDays(1);
                while (boundary(date).isAfter(time)) {
                    date = date.minusDays(1);
                }
                yield boundary(date);
            }
            case Frequency.Week() -> {
                LocalDate date =
                        time.atZone(zone).toLocalDate().plusDays(1).with(TemporalAdjusters.previousOrSame(firstDay()));
                while (boundary(date).isAfter(time)) {
                    date = date.minusWeeks(1);
                }
                yield boundary(date);
            }
        };
    }

    /// The first boundary at or after the time.
    public Instant ceiling(Instant time) {
        Instant floor = floor(time);
        return floor.equals(time) ? time : next(floor);
    }

    /// The first boundary after the time.
    public Instant next(Instant time) {
        return switch (frequency) {
            case Frequency.Hour() -> floor(time).plus(Duration.ofHours(1));
            case Frequency.Every(Duration length) -> floor(time).plus(length);
            case Frequency.Day() -> nextDate(time, 1);
            case Frequency.Week() -> nextDate(time, 7);
        };
    }

    /// The last boundary before the time.
    public Instant previous(Instant time) {
        return floor(time.minusNanos(1));
    }

    public boolean isBoundary(Instant time) {
        return floor(time).equals(time);
    }

    /// The interval that contains the time.
    public Interval containing(Instant time) {
        return new Interval(floor(time), next(time));
    }

    /// The interval of the run that was scheduled for this boundary.
    ///
    /// @throws IllegalArgumentException when the time is no boundary of this grid
    public Interval endingAt(Instant boundary) {
        if (!isBoundary(boundary)) {
            throw new IllegalArgumentException(boundary + " is no boundary of " + this);
        }
        return new Interval(previous(boundary), boundary);
    }

    /// Every interval that lies wholly within `[start, end)`, oldest first, made as they are asked for.
    public Stream<Interval> within(Instant start, Instant end) {
        Iterator<Interval> intervals = new Iterator<>() {
            private Instant from = ceiling(start);

            @Override
            public boolean hasNext() {
                return !IntervalGrid.this.next(from).isAfter(end);
            }

            @Override
            public Interval next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                Interval interval = new Interval(from, IntervalGrid.this.next(from));
                from = interval.end();
                return interval;
            }
        };
        return Stream.iterate(intervals, Iterator::hasNext, same -> same).map(Iterator::next);
    }

    // A gap may move the boundary of a date to the next date (in Nuuk the hour 23 is missing once a year), and two
    // dates
    // may share a boundary (Samoa, 2011-12-30): so it begins early and walks until it is past the time.
    private Instant nextDate(Instant time, int days) {
        LocalDate date = time.atZone(zone).toLocalDate().minusDays(1);
        if (days == 7) {
            date = date.with(TemporalAdjusters.previousOrSame(firstDay()));
        }
        while (!boundary(date).isAfter(time)) {
            date = date.plusDays(days);
        }
        return boundary(date);
    }

    private Instant boundary(LocalDate date) {
        return ZonedDateTime.of(date, LocalTime.of(offsetHour, 0), zone)
                .withEarlierOffsetAtOverlap()
                .toInstant();
    }

    private DayOfWeek firstDay() {
        return offsetDay == 0 ? DayOfWeek.SUNDAY : DayOfWeek.of(offsetDay);
    }

    private static Instant floorTo(Instant time, Duration length) {
        return Instant.ofEpochSecond(Math.floorDiv(time.getEpochSecond(), length.toSeconds()) * length.toSeconds());
    }

    @Override
    public String toString() {
        return switch (frequency) {
            case Frequency.Hour hour -> hour.toString();
            case Frequency.Every every -> every.toString();
            case Frequency.Day day -> day + " from hour " + offsetHour + " in " + zone;
            case Frequency.Week week -> week + " from day " + offsetDay + " hour " + offsetHour + " in " + zone;
        };
    }
}
