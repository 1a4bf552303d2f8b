package dev.batchexports.server.runs;

import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStatus;
import dev.batchexports.server.request.ConflictException;
import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.workflow.Orchestration;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;

/// Shows, retries and cancels runs.
@Service
public class RunService {
    private static final Logger LOG = LoggerFactory.getLogger(RunService.class);
    private static final int MAXIMUM_INTERVALS = 10_000;
    private static final int DEFAULT_INTERVALS = 36;
    /// How long after its boundary an interval without a run does not count as missing yet.
    private static final Duration START_DELAY = Duration.ofMinutes(1);

    private final RunStore runs;
    private final LogStore logs;
    private final Orchestration orchestration;
    private final Clock clock;

    public RunService(RunStore runs, LogStore logs, Orchestration orchestration, Clock clock) {
        this.runs = runs;
        this.logs = logs;
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
    /// @throws ConflictException when the interval has an unfinished run, or lies behind `end_at` now
    public Run retry(BatchExport export, UUID id) {
        Run original = find(export, id);
        Instant start = original.interval().start();
        Instant end = original.scheduledAt();
        if (export.endAt() != null && export.endAt().isBefore(end)) {
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
        Run retry;
        try {
            retry = runs.create(wanted, now());
        } catch (RunAlreadyActiveException e) {
            throw active();
        }
        try {
            orchestration.startRun(export, retry);
        } catch (RunAlreadyActiveException e) {
            runs.deleteUnstarted(retry.id());
            throw active();
        } catch (OrchestrationUnavailableException e) {
            LOG.warn("run {} starts later: {}", retry.id(), e.getMessage());
        }
        return find(export, retry.id());
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
        IntervalGrid grid = export.grid();
        Instant now = clock.instant();
        Instant until = end == null ? grid.next(now) : end;
        Instant from = start == null ? stepsBefore(grid, until, DEFAULT_INTERVALS) : grid.floor(start);
        Violations violations = new Violations();
        violations.require(from.isBefore(until), "/start", "must be before end");
        violations.orThrow();

        Map<Instant, BoundaryRun> decisive = runs.decisive(export.id(), from, until).stream()
                .collect(Collectors.toMap(BoundaryRun::scheduledAt, Function.identity()));
        List<ExpectedInterval> intervals = new ArrayList<>();
        Instant earliest = earliestOf(export, decisive);
        Instant boundary = grid.next(from.isBefore(earliest) ? earliest : from);
        while (grid.previous(boundary).isBefore(until)) {
            interval(export, boundary, decisive.get(boundary), now).ifPresent(intervals::add);
            violations.require(
                    intervals.size() <= MAXIMUM_INTERVALS,
                    "/start",
                    "asks for too many intervals: the range may hold " + MAXIMUM_INTERVALS);
            violations.orThrow();
            if (boundary.isAfter(now) && export.status(now) != ExportStatus.ACTIVE) {
                break;
            }
            boundary = grid.next(boundary);
        }
        return intervals;
    }

    private static Optional<ExpectedInterval> interval(
            BatchExport export, Instant boundary, @Nullable BoundaryRun run, Instant now) {
        Optional<Interval> expected = export.intervalScheduledAt(boundary);
        if (run != null) {
            return Optional.of(new ExpectedInterval(
                    expected.orElseGet(() -> export.grid().endingAt(boundary)), run.state(), run.runId(), run.rows()));
        }
        if (expected.isEmpty() || expected.get().start().isBefore(export.firstIntervalStart())) {
            return Optional.empty();
        }
        if (boundary.plus(export.settle()).plus(START_DELAY).isAfter(now)) {
            return export.paused() && boundary.isAfter(now)
                    ? Optional.empty()
                    : Optional.of(new ExpectedInterval(expected.get(), IntervalState.UPCOMING, null, null));
        }
        return Optional.of(new ExpectedInterval(expected.get(), IntervalState.MISSING, null, null));
    }

    /// The start of the first interval that can have an entry.
    private static Instant earliestOf(BatchExport export, Map<Instant, BoundaryRun> decisive) {
        return decisive.keySet().stream()
                .map(boundary -> export.grid().previous(boundary))
                .reduce(export.firstIntervalStart(), (one, other) -> one.isBefore(other) ? one : other);
    }

    private static Instant stepsBefore(IntervalGrid grid, Instant end, int steps) {
        Instant boundary = grid.ceiling(end);
        for (int step = 0; step < steps; step++) {
            boundary = grid.previous(boundary);
        }
        return boundary;
    }

    private static ConflictException active() {
        return new ConflictException(
                "run_active", "The interval has a run that is not finished: wait for it, or cancel it first.");
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
