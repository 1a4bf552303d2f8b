package dev.batchexports.server.runs;

import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.Timeline;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStatus;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.exports.Pause;
import dev.batchexports.server.request.ConflictException;
import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.workflow.Orchestration;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/// Shows, retries and cancels runs.
@Service
public class RunService {
    private static final int MAXIMUM_INTERVALS = 10_000;
    private static final int DEFAULT_INTERVALS = 36;
    /// How long after its boundary an interval without a run does not count as missing yet.
    private static final Duration START_DELAY = Duration.ofMinutes(1);

    private final RunStore runs;
    private final LogStore logs;
    private final ExportStore exports;
    private final RunStarter starter;
    private final Orchestration orchestration;
    private final Clock clock;

    public RunService(
            RunStore runs,
            LogStore logs,
            ExportStore exports,
            RunStarter starter,
            Orchestration orchestration,
            Clock clock) {
        this.runs = runs;
        this.logs = logs;
        this.exports = exports;
        this.starter = starter;
        this.orchestration = orchestration;
        this.clock = clock;
    }

    public List<Run> list(BatchExport export, RunFilter filter, @Nullable RunCursor after, int limit) {
        return runs.list(export.id(), filter, after, limit);
    }

    /// @throws NotFoundException when the export has no such run
    public Run find(BatchExport export, UUID id) {
        return runs.find(export.id(), id).orElseThrow(() -> new NotFoundException("run"));
    }

    public List<CommittedFile> files(BatchExport export, UUID id) {
        return runs.files(find(export, id).id());
    }

    public List<LogLine> logs(LogStore.Query query) {
        return logs.list(query);
    }

    /// Exports the interval of a run again, with the current configuration, by a new run.
    ///
    /// @throws ConflictException when the interval has an unfinished run, or lies behind `end_at` now, or was
    ///     exported beyond it
    public Run retry(BatchExport export, UUID id) {
        Run original = find(export, id);
        Instant start = original.interval().start();
        Instant end = original.interval().end();
        if (export.endAt() != null && export.endAt().isBefore(end)) {
            requireUnexported(export, original.interval());
            end = export.endAt();
        }
        if (!start.isBefore(end)) {
            throw new ConflictException(
                    "after_end", "The interval lies behind the end_at of the batch export, " + export.endAt() + ".");
        }
        NewRun wanted = new NewRun(
                UUID.randomUUID(),
                export.id(),
                original.backfillId(),
                original.id(),
                RunTrigger.RETRY,
                new Interval(start, end),
                original.scheduledAt(),
                export.version(),
                export.workflowId(original.scheduledAt()),
                null);
        try {
            return starter.start(export, wanted);
        } catch (RunAlreadyActiveException e) {
            throw new ConflictException(
                    "run_active", "The interval has a run that is not finished: wait for it, or cancel it first.");
        }
    }

    /// An interval replaces what was exported of the same interval, not of a longer one.
    private void requireUnexported(BatchExport export, Interval whole) {
        if (runs.isCovered(export.id(), whole)) {
            throw new ConflictException(
                    "exported_beyond_end",
                    "The interval was exported up to %s, and the end_at of the batch export lies within it now: set it to"
                                    .formatted(whole.end())
                            + " that time or later, then retry the run.");
        }
    }

    /// Asks a run to stop; it finishes as Cancelled by itself.
    ///
    /// @throws ConflictException when it is finished
    public Run cancel(BatchExport export, UUID id) {
        Run run = find(export, id);
        if (run.status().isFinished()) {
            throw new ConflictException(
                    "run_finished", "A run that is " + run.status().word() + " cannot be cancelled.");
        }
        orchestration.cancelRun(run);
        return find(export, id);
    }

    /// The intervals that were to be exported within a range, oldest first, and what became of each.
    ///
    /// @param start null for 36 intervals before the end
    /// @param end null for the end of the interval that is under way
    public List<ExpectedInterval> intervals(BatchExport export, @Nullable Instant start, @Nullable Instant end) {
        Timeline timeline = export.timeline();
        Instant now = clock.instant();
        Instant until = end == null ? timeline.next(now) : end;
        Instant from = start == null ? stepsBefore(timeline, until, DEFAULT_INTERVALS) : timeline.floor(start);
        Violations violations = new Violations();
        violations.require(from.isBefore(until), "/start", "must be before end");
        violations.orThrow();

        Instant first = export.firstIntervalStart();
        Instant earliest = runs.earliestStart(export.id())
                .filter(run -> run.isBefore(first))
                .map(timeline::floor)
                .orElse(first);
        Coverage coverage = runs.coverage(export.id(), from, until);
        List<Pause> pauses = exports.pauses(export.id());
        List<ExpectedInterval> intervals = new ArrayList<>();
        Instant boundary = timeline.next(from.isBefore(earliest) ? earliest : from);
        while (timeline.previous(boundary).isBefore(until)) {
            entry(export, boundary, coverage, pauses, now).ifPresent(intervals::add);
            violations.require(
                    intervals.size() <= MAXIMUM_INTERVALS,
                    "/start",
                    "asks for too many intervals: the range may hold " + MAXIMUM_INTERVALS);
            violations.orThrow();
            if (boundary.isAfter(now) && export.status(now) != ExportStatus.ACTIVE) {
                break;
            }
            boundary = timeline.next(boundary);
        }
        return intervals;
    }

    /// What became of the interval of a boundary; empty when it was not to be exported.
    ///
    /// @param coverage what the runs of the export have made of it
    public static Optional<ExpectedInterval> entry(
            BatchExport export, Instant boundary, Coverage coverage, List<Pause> pauses, Instant now) {
        Optional<Interval> scheduled = export.intervalScheduledAt(boundary);
        Interval interval = scheduled.orElseGet(() -> export.timeline().endingAt(boundary));
        if (coverage.touches(interval)) {
            return Optional.of(coverage.entry(interval, IntervalState.MISSING));
        }
        if (scheduled.isEmpty() || interval.start().isBefore(export.firstIntervalStart())) {
            return Optional.empty();
        }
        boolean ended = !boundary.isAfter(now);
        if (ended && pauses.stream().anyMatch(pause -> !pause.caughtUp() && pause.covers(boundary))) {
            return Optional.of(coverage.entry(interval, IntervalState.SKIPPED));
        }
        if (boundary.plus(export.settle()).plus(START_DELAY).isAfter(now)) {
            return export.paused() && !ended
                    ? Optional.empty()
                    : Optional.of(coverage.entry(interval, IntervalState.UPCOMING));
        }
        return Optional.of(coverage.entry(interval, IntervalState.MISSING));
    }

    private static Instant stepsBefore(Timeline timeline, Instant end, int steps) {
        Instant boundary = timeline.ceiling(end);
        for (int step = 0; step < steps; step++) {
            boundary = timeline.previous(boundary);
        }
        return boundary;
    }
}
