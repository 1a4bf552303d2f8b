package dev.batchexports.server.runs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.interval.Timeline;
import dev.batchexports.core.run.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// An interval counts as exported when completed runs cover all of it, whatever grid they were of.
class CoverageProperties {
    private static final Instant BEGIN = Instant.parse("2026-03-27T10:20:00Z");
    private static final int MINUTES = 120;

    private static Interval minutes(int start, int end) {
        return new Interval(BEGIN.plusSeconds(60L * start), BEGIN.plusSeconds(60L * end));
    }

    private static RunOutcome outcome(Interval interval, RunStatus status, boolean commitBegan) {
        return new RunOutcome(UUID.randomUUID(), interval, status, commitBegan, 1, 0);
    }

    /// A run from one minute to another.
    record Execution(int start, int end, RunStatus status, boolean commitBegan) {}

    @Property(tries = 1000)
    void isTheSameAsToTellForEachMinute(@ForAll("executions") List<Execution> executions) {
        BitSet covered = new BitSet();
        List<RunOutcome> outcomes = new ArrayList<>();
        for (Execution run : executions) {
            if (run.status() == RunStatus.COMPLETED) {
                covered.set(run.start(), run.end());
            } else if (run.commitBegan() && run.status().isFinished()) {
                covered.clear(run.start(), run.end());
            }
            outcomes.add(outcome(minutes(run.start(), run.end()), run.status(), run.commitBegan()));
        }
        Coverage coverage = new Coverage(outcomes);

        for (int start = 0; start < MINUTES; start += 7) {
            for (int end = start + 1; end <= MINUTES; end += 11) {
                int from = start;
                int to = end;
                assertThat(coverage.covers(minutes(from, to)))
                        .as("%d to %d", from, to)
                        .isEqualTo(covered.get(from, to).cardinality() == to - from);
                assertThat(coverage.touches(minutes(from, to)))
                        .isEqualTo(executions.stream().anyMatch(run -> run.start() < to && run.end() > from));
            }
        }
    }

    @Provide
    Arbitrary<List<Execution>> executions() {
        Arbitrary<Integer> minutes = Arbitraries.integers().between(0, MINUTES - 1);
        return Combinators.combine(
                        minutes,
                        Arbitraries.integers().between(1, 40),
                        Arbitraries.of(RunStatus.COMPLETED, RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.RUNNING),
                        Arbitraries.of(true, false))
                .as((start, length, status, began) ->
                        new Execution(start, Math.min(MINUTES, start + length), status, began))
                .list()
                .ofMaxSize(12);
    }

    /// A change of the grid after some time.
    record Change(IntervalGrid grid, Duration after) {}

    @Property(tries = 300)
    void whoeverRunsWhatNoRunHasTouchedExportsEveryInstantOnceOverAllChangesOfTheGrid(
            @ForAll("grids") IntervalGrid grid, @ForAll("changes") List<Change> changes) {
        Timeline timeline = Timeline.of(grid);
        Instant first = timeline.floor(BEGIN);
        Instant now = BEGIN;
        List<RunOutcome> runs = new ArrayList<>();
        for (Change change : changes) {
            now = now.plus(change.after());
            exportWhatIsMissing(timeline, first, now, runs);
            timeline = timeline.changedTo(change.grid(), first, timeline.floor(now));
            if (runs.isEmpty()) {
                first = timeline.floor(BEGIN);
            }
        }
        now = now.plus(Duration.ofDays(8));
        exportWhatIsMissing(timeline, first, now, runs);

        List<Interval> exported = runs.stream()
                .map(RunOutcome::interval)
                .sorted(Comparator.comparing(Interval::start))
                .toList();
        assertThat(exported.getFirst().start()).isEqualTo(first);
        for (int index = 1; index < exported.size(); index++) {
            assertThat(exported.get(index).start())
                    .isEqualTo(exported.get(index - 1).end());
        }
        assertThat(exported.getLast().end()).isEqualTo(timeline.floor(now));
        Coverage coverage = new Coverage(runs);
        assertThat(timeline.within(first, now)).allMatch(coverage::covers).containsExactlyElementsOf(exported);
    }

    private static void exportWhatIsMissing(Timeline timeline, Instant first, Instant now, List<RunOutcome> runs) {
        Coverage before = new Coverage(runs);
        timeline.within(first, now)
                .filter(interval -> !before.touches(interval))
                .forEach(interval -> runs.add(outcome(interval, RunStatus.COMPLETED, true)));
    }

    @Provide
    Arbitrary<List<Change>> changes() {
        return Combinators.combine(
                        grids(),
                        Arbitraries.longs().between(0, Duration.ofDays(9).toSeconds()))
                .as((grid, seconds) -> new Change(grid, Duration.ofSeconds(seconds)))
                .list()
                .ofMaxSize(4);
    }

    @Provide
    Arbitrary<IntervalGrid> grids() {
        Arbitrary<ZoneId> zones =
                Arbitraries.of(new TreeSet<>(ZoneId.getAvailableZoneIds())).map(ZoneId::of);
        return Combinators.combine(
                        Arbitraries.of(new Frequency.Hour(), new Frequency.Day(), new Frequency.Week()),
                        zones,
                        Arbitraries.integers().between(0, 23),
                        Arbitraries.integers().between(0, 6))
                .as(IntervalGrid::new);
    }
}
