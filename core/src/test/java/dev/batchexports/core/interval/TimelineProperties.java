package dev.batchexports.core.interval;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// What must hold whatever grids follow each other, in whatever zones, whenever they change.
class TimelineProperties {
    /// A change of the grid, or a cut at an end that was moved later.
    ///
    /// @param after the change before
    record Step(IntervalGrid grid, Duration after, boolean cuts) {}

    private static final Instant BEGIN = Instant.parse("2026-03-01T10:20:30Z");

    /// What an export went through: the intervals that had ended at each change, in order.
    private record Story(Timeline timeline, Instant first, List<Interval> ended, Instant now) {}

    private static Story tell(IntervalGrid grid, List<Step> steps) {
        Timeline timeline = Timeline.of(grid);
        Instant first = timeline.floor(BEGIN);
        Instant now = BEGIN;
        List<Interval> ended = new ArrayList<>();
        for (Step step : steps) {
            Instant from = ended.isEmpty() ? first : ended.getLast().end();
            now = now.plus(step.after());
            if (step.cuts()) {
                // What lies before an end that has passed was exported at the end.
                Instant cut = now.minus(step.after().dividedBy(2));
                if (cut.isAfter(from)) {
                    timeline = timeline.cutAt(cut);
                }
            }
            timeline.within(from, now).forEach(ended::add);
            timeline = timeline.changedTo(step.grid(), first, timeline.floor(now));
            if (ended.isEmpty()) {
                first = timeline.floor(BEGIN);
            }
        }
        return new Story(timeline, first, ended, now);
    }

    @Property(tries = 500)
    void whatHadEndedBeforeAChangeStaysAnInterval(
            @ForAll("grids") IntervalGrid grid, @ForAll("steps") List<Step> steps) {
        Story story = tell(grid, steps);

        Instant until = story.ended().isEmpty()
                ? story.first()
                : story.ended().getLast().end();
        assertThat(story.timeline().within(story.first(), until)).containsExactlyElementsOf(story.ended());
    }

    @Property(tries = 500)
    void intervalsTileTimeOverAllChanges(@ForAll("grids") IntervalGrid grid, @ForAll("steps") List<Step> steps) {
        Story story = tell(grid, steps);
        Timeline timeline = story.timeline();

        List<Interval> intervals = timeline.within(
                        story.first().minus(Duration.ofDays(20)), story.now().plus(Duration.ofDays(20)))
                .toList();

        for (int index = 1; index < intervals.size(); index++) {
            assertThat(intervals.get(index).start())
                    .isEqualTo(intervals.get(index - 1).end());
        }
        Stream.of(intervals.getFirst(), intervals.get(intervals.size() / 2), intervals.getLast())
                .forEach(interval -> {
                    assertThat(timeline.endingAt(interval.end())).isEqualTo(interval);
                    assertThat(timeline.floor(interval.end().minusNanos(1000))).isEqualTo(interval.start());
                    assertThat(timeline.ceiling(interval.start().plusNanos(1000)))
                            .isEqualTo(interval.end());
                    assertThat(timeline.previous(interval.end())).isEqualTo(interval.start());
                    assertThat(timeline.next(interval.start())).isEqualTo(interval.end());
                });
    }

    @Property(tries = 300)
    void afterTheLastChangeTheGridHolds(@ForAll("grids") IntervalGrid grid, @ForAll("steps") List<Step> steps) {
        Story story = tell(grid, steps);
        IntervalGrid last = steps.getLast().grid();
        Instant boundary = last.next(story.now());

        assertThat(story.timeline().next(story.now())).isEqualTo(boundary);
        assertThat(story.timeline().endingAt(last.next(boundary))).isEqualTo(last.endingAt(last.next(boundary)));
        Instant before = story.first().minus(Duration.ofDays(100));
        assertThat(story.timeline().floor(before)).isEqualTo(last.floor(before));
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        grids(),
                        Arbitraries.longs().between(0, Duration.ofDays(12).toSeconds()),
                        Arbitraries.of(true, false, false))
                .as((grid, seconds, cuts) -> new Step(grid, Duration.ofSeconds(seconds), cuts))
                .list()
                .ofMinSize(1)
                .ofMaxSize(5);
    }

    @Provide
    Arbitrary<IntervalGrid> grids() {
        Arbitrary<Frequency> frequencies = Arbitraries.of(
                new Frequency.Hour(),
                new Frequency.Day(),
                new Frequency.Week(),
                new Frequency.Every(Duration.ofMinutes(20)));
        Arbitrary<ZoneId> zones =
                Arbitraries.of(new TreeSet<>(ZoneId.getAvailableZoneIds())).map(ZoneId::of);
        return Combinators.combine(
                        frequencies,
                        zones,
                        Arbitraries.integers().between(0, 23),
                        Arbitraries.integers().between(0, 6))
                .as(IntervalGrid::new);
    }
}
