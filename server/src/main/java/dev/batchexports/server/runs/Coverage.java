package dev.batchexports.server.runs;

import dev.batchexports.core.interval.Interval;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What runs have made of a range of time, whatever the grid that their intervals were of.
///
/// A time is covered when the last run that touched it there completed. A run that ended otherwise after
/// its commit had begun uncovers its interval: the destination may hold half of it.
public final class Coverage {
    private final Painting<RunOutcome> covered = new Painting<>();
    private final Painting<RunOutcome> unfinished = new Painting<>();
    private final Painting<RunOutcome> unsuccessful = new Painting<>();

    /// @param outcomes of all runs that touch the range, oldest run first
    public Coverage(List<RunOutcome> outcomes) {
        for (RunOutcome run : outcomes) {
            switch (run.status()) {
                case STARTING, RUNNING -> unfinished.paint(run.interval(), run);
                case COMPLETED -> covered.paint(run.interval(), run);
                case FAILED, CANCELLED, TERMINATED, TIMED_OUT -> {
                    unsuccessful.paint(run.interval(), run);
                    if (run.commitBegan()) {
                        covered.erase(run.interval());
                    }
                }
            }
        }
    }

    /// Whether everything of an interval is at the destination.
    public boolean covers(Interval interval) {
        return covered.within(interval).stream().allMatch(Optional::isPresent);
    }

    /// Whether an interval has, or had, a run of any kind.
    public boolean touches(Interval interval) {
        return latest(unfinished, interval) != null
                || latest(covered, interval) != null
                || latest(unsuccessful, interval) != null;
    }

    /// The entry of an interval that has ended.
    ///
    /// @param untouched what an interval is that no run has touched
    ExpectedInterval entry(Interval interval, IntervalState untouched) {
        RunOutcome running = latest(unfinished, interval);
        if (running != null) {
            return new ExpectedInterval(interval, IntervalState.RUNNING, running.runId(), running.rows(), 0);
        }
        List<RunOutcome> runs = covering(interval);
        RunOutcome last = runs.isEmpty() ? null : runs.getLast();
        if (last != null && covers(interval)) {
            boolean within = runs.stream().allMatch(run -> contains(interval, run.interval()));
            return new ExpectedInterval(
                    interval,
                    IntervalState.COMPLETED,
                    last.runId(),
                    within ? runs.stream().mapToLong(RunOutcome::rows).sum() : null,
                    within ? runs.stream().mapToLong(RunOutcome::rowsLate).sum() : 0);
        }
        RunOutcome failed = latest(unsuccessful, interval);
        if (failed != null) {
            return new ExpectedInterval(interval, IntervalState.FAILED, failed.runId(), failed.rows(), 0);
        }
        return last == null
                ? new ExpectedInterval(interval, untouched, null, null, 0)
                : new ExpectedInterval(interval, IntervalState.MISSING, last.runId(), null, 0);
    }

    private List<RunOutcome> covering(Interval interval) {
        return covered.within(interval).stream()
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }

    private static boolean contains(Interval outer, Interval inner) {
        return !inner.start().isBefore(outer.start()) && !inner.end().isAfter(outer.end());
    }

    private static @Nullable RunOutcome latest(Painting<RunOutcome> painting, Interval interval) {
        return painting.within(interval).stream()
                .flatMap(Optional::stream)
                .reduce((earlier, later) -> later)
                .orElse(null);
    }
}
