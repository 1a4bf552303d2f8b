package dev.batchexports.core.interval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntervalGridTest {
    private static final IntervalGrid HOURS = IntervalGrid.of(new Frequency.Hour());

    @Test
    void startIsInclusiveAndEndIsExclusive() {
        Interval interval = HOURS.containing(Instant.parse("2026-11-23T10:00:00Z"));

        assertThat(interval.start()).isEqualTo("2026-11-23T10:00:00Z");
        assertThat(interval.end()).isEqualTo("2026-11-23T11:00:00Z");
        assertThat(interval.contains(interval.start())).isTrue();
        assertThat(interval.contains(interval.end())).isFalse();
        assertThat(interval.contains(interval.end().minusNanos(1000))).isTrue();
    }

    @Test
    void aMicrosecondBeforeTheBoundaryBelongsToTheEarlierInterval() {
        assertThat(HOURS.containing(Instant.parse("2026-11-23T10:59:59.999999Z"))
                        .end())
                .isEqualTo("2026-11-23T11:00:00Z");
    }

    @ParameterizedTest
    @CsvSource({
        // the day on which clocks spring forward has 23 hours, the one on which they fall back has 25
        "Europe/Berlin,    0, 2026-03-29T12:00:00Z, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z, 23",
        "Europe/Berlin,    0, 2026-10-25T12:00:00Z, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z, 25",
        "America/New_York, 0, 2026-03-08T12:00:00Z, 2026-03-08T05:00:00Z, 2026-03-09T04:00:00Z, 23",
        "America/New_York, 6, 2026-11-01T12:00:00Z, 2026-11-01T11:00:00Z, 2026-11-02T11:00:00Z, 24",
        // 02:00 does not exist on this day: the boundary is the first instant after the gap
        "America/New_York, 2, 2026-03-08T12:00:00Z, 2026-03-08T07:00:00Z, 2026-03-09T06:00:00Z, 23",
        // 01:00 exists twice on this day: the boundary is the first of the two
        "America/New_York, 1, 2026-11-01T12:00:00Z, 2026-11-01T05:00:00Z, 2026-11-02T06:00:00Z, 25",
        // midnight does not exist on this day
        "America/Sao_Paulo, 0, 2018-11-04T12:00:00Z, 2018-11-04T03:00:00Z, 2018-11-05T02:00:00Z, 23",
        "Asia/Kolkata,     0, 2026-11-23T12:00:00Z, 2026-11-22T18:30:00Z, 2026-11-23T18:30:00Z, 24",
    })
    void aDayFollowsTheLocalClock(String zone, int offsetHour, Instant time, Instant start, Instant end, int hours) {
        IntervalGrid days = new IntervalGrid(new Frequency.Day(), ZoneId.of(zone), offsetHour, 0);

        assertThat(days.containing(time)).isEqualTo(new Interval(start, end));
        assertThat(days.containing(time).duration()).isEqualTo(Duration.ofHours(hours));
        assertThat(days.endingAt(end).start()).isEqualTo(start);
    }

    @Test
    void noBoundaryIsLeftOutAroundAnyClockChangeOfAnyZone() {
        for (String id : ZoneId.getAvailableZoneIds()) {
            ZoneId zone = ZoneId.of(id);
            ZoneOffsetTransition change = zone.getRules().nextTransition(Instant.parse("2020-01-01T00:00:00Z"));
            for (int changes = 0; changes < 4 && change != null; changes++) {
                Instant time = change.getInstant();
                for (int hour = 0; hour < 24; hour++) {
                    assertTilesAround(time, new IntervalGrid(new Frequency.Day(), zone, hour, 0));
                    assertTilesAround(time, new IntervalGrid(new Frequency.Week(), zone, hour, 6));
                }
                change = zone.getRules().nextTransition(time);
            }
        }
    }

    private static void assertTilesAround(Instant change, IntervalGrid grid) {
        Instant boundary = grid.floor(change.minus(Duration.ofDays(3)));
        while (boundary.isBefore(change.plus(Duration.ofDays(3)))) {
            Instant next = grid.next(boundary);
            if (!grid.isBoundary(next) || !grid.previous(next).equals(boundary)) {
                throw new AssertionError(grid + ": " + next + " does not follow " + boundary);
            }
            boundary = next;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 2026-11-22T00:00:00Z",
        "1, 2026-11-23T00:00:00Z",
        "2, 2026-11-17T00:00:00Z",
        "6, 2026-11-21T00:00:00Z"
    })
    void aWeekBeginsOnItsOffsetDay(int offsetDay, Instant start) {
        IntervalGrid weeks = new IntervalGrid(new Frequency.Week(), ZoneId.of("UTC"), 0, offsetDay);

        assertThat(weeks.floor(Instant.parse("2026-11-23T15:00:00Z"))).isEqualTo(start);
    }

    @Test
    void listsOnlyWholeIntervals() {
        List<Interval> intervals = HOURS.within(
                        Instant.parse("2026-11-23T09:30:00Z"), Instant.parse("2026-11-23T12:59:00Z"))
                .toList();

        assertThat(intervals)
                .extracting(Interval::start)
                .containsExactly(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"));
    }

    @Test
    void refusesATimeThatIsNoBoundary() {
        assertThatThrownBy(() -> HOURS.endingAt(Instant.parse("2026-11-23T10:00:01Z")))
                .hasMessageContaining("no boundary");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hour", "day", "week", "every 5 minutes", "every 30 minutes", "every 10 seconds"})
    void readsWhatItWrites(String text) {
        assertThat(Frequency.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "month", "every 7 minutes", "every 0 minutes", "every 60 minutes", "every minute", "5"})
    void refusesAnUnknownFrequencyAndSaysWhichThereAre(String text) {
        assertThatThrownBy(() -> Frequency.parse(text)).hasMessageContaining("hour, day, week or every N minutes");
    }

    @Test
    void lengthsForTestsAreNotPublic() {
        assertThat(new Frequency.Every(Duration.ofMinutes(5)).isPublic()).isTrue();
        assertThat(new Frequency.Every(Duration.ofMinutes(1)).isPublic()).isFalse();
        assertThat(new Frequency.Every(Duration.ofSeconds(10)).isPublic()).isFalse();
    }
}
