package dev.batchexports.core.interval;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// What must hold for every zone that Java knows, every frequency and every time from 1990 to 2050.
class IntervalGridProperties {
    @Property(tries = 3000)
    void everyTimeLiesInExactlyOneInterval(@ForAll("grids") IntervalGrid grid, @ForAll("times") Instant time) {
        Interval interval = grid.containing(time);

        assertThat(interval.contains(time)).isTrue();
        assertThat(grid.previous(interval.start())).isBefore(interval.start());
        assertThat(grid.containing(interval.start())).isEqualTo(interval);
        assertThat(grid.containing(interval.end()).start()).isEqualTo(interval.end());
        assertThat(grid.containing(interval.end().minusNanos(1000))).isEqualTo(interval);
    }

    @Property(tries = 1000)
    void intervalsTileTimeWithoutGapOrOverlap(@ForAll("grids") IntervalGrid grid, @ForAll("times") Instant time) {
        Instant end = time.plus(Duration.ofDays(40));
        List<Interval> intervals = grid.within(time, end).limit(500).toList();

        for (int i = 1; i < intervals.size(); i++) {
            assertThat(intervals.get(i).start()).isEqualTo(intervals.get(i - 1).end());
        }
        assertThat(intervals.getFirst().start()).isEqualTo(grid.ceiling(time));
        assertThat(intervals).allSatisfy(interval -> {
            assertThat(interval.end()).isBeforeOrEqualTo(end);
            assertThat(grid.endingAt(interval.end())).isEqualTo(interval);
        });
    }

    @Property(tries = 1000)
    void floorAndCeilingAreTheNearestBoundaries(@ForAll("grids") IntervalGrid grid, @ForAll("times") Instant time) {
        assertThat(grid.floor(time)).isBeforeOrEqualTo(time);
        assertThat(grid.ceiling(time)).isAfterOrEqualTo(time);
        assertThat(grid.isBoundary(grid.floor(time))).isTrue();
        assertThat(grid.isBoundary(grid.ceiling(time))).isTrue();
        assertThat(grid.next(time)).isAfter(time);
        assertThat(grid.previous(time)).isBefore(time);
    }

    @Provide
    Arbitrary<IntervalGrid> grids() {
        Arbitrary<Frequency> frequencies = Arbitraries.of(
                new Frequency.Hour(),
                new Frequency.Day(),
                new Frequency.Week(),
                new Frequency.Every(Duration.ofMinutes(5)),
                new Frequency.Every(Duration.ofMinutes(15)));
        Arbitrary<ZoneId> zones =
                Arbitraries.of(new TreeSet<>(ZoneId.getAvailableZoneIds())).map(ZoneId::of);
        return Combinators.combine(
                        frequencies,
                        zones,
                        Arbitraries.integers().between(0, 23),
                        Arbitraries.integers().between(0, 6))
                .as(IntervalGrid::new);
    }

    @Provide
    Arbitrary<Instant> times() {
        return Arbitraries.longs()
                .between(
                        Instant.parse("1990-01-01T00:00:00Z").getEpochSecond(),
                        Instant.parse("2050-01-01T00:00:00Z").getEpochSecond())
                .flatMap(second -> Arbitraries.of(0L, 0L, 1L, 999_999L, 500_000L)
                        .map(micros -> Instant.ofEpochSecond(second, micros * 1000)));
    }
}
