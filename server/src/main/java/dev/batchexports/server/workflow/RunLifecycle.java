package dev.batchexports.server.workflow;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunAlreadyActiveException;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.workflow.StartResult.RunTicket;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How a run comes into being and how it ends: the rows that users see. Knows nothing of Temporal.
final class RunLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(RunLifecycle.class);

    private final ExportStore exports;
    private final RunStore runs;
    private final RunEndings endings;
    private final DestinationCatalog catalog;
    private final RunLog log;
    private final CrashPoints crashPoints;
    private final Settings.Worker settings;
    private final Settings.Reconciliation reconciliation;
    private final InstantSource clock;

    RunLifecycle(
            ExportStore exports,
            RunStore runs,
            RunEndings endings,
            DestinationCatalog catalog,
            RunLog log,
            CrashPoints crashPoints,
            Settings.Worker settings,
            Settings.Reconciliation reconciliation,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.endings = endings;
        this.catalog = catalog;
        this.log = log;
        this.crashPoints = crashPoints;
        this.settings = settings;
        this.reconciliation = reconciliation;
        this.clock = clock;
    }

    /// Creates the run of a workflow, or takes over the one that is there; decides that there is nothing
    /// to export. May be repeated.
    StartResult start(StartRequest request, String workflowId, String workflowRunId) {
        Optional<BatchExport> found = exports.find(request.exportId());
        if (found.isEmpty()) {
            LOG.warn("Export {} has a schedule but is not in the database", request.exportId());
            return StartResult.skip("the export does not exist");
        }
        BatchExport export = found.get();
        UUID runId = request.runId() == null ? request.executionId() : request.runId();
        Optional<Run> existing = runs.find(runId);
        if (existing.isEmpty()) {
            Optional<String> reason = reasonToSkip(export, request);
            if (reason.isPresent()) {
                log.add(export.id(), LogLevel.INFO, Stage.START.word(), "Nothing exported: " + reason.get() + ".");
                return StartResult.skip(reason.get());
            }
        }
        Run run = existing.isPresent() ? existing.get() : create(export, request, workflowId, workflowRunId);
        crashPoints.reached(CrashPoints.AFTER_START);
        if (run.status().isFinished()) {
            return StartResult.skip("the run has ended already");
        }
        if (export.deletedAt() != null) {
            end(run, RunStatus.CANCELLED, null);
            return StartResult.skip("the export was deleted");
        }
        if (!workflowRunId.equals(run.workflowRunId())) {
            runs.attachWorkflow(run.id(), workflowRunId, clock.instant());
        }
        Instant settledAt = run.interval().end().plus(export.settle());
        if (existing.isEmpty() || request.runId() != null) {
            logStart(run, settledAt);
        }
        Instant now = clock.instant();
        return StartResult.of(new RunTicket(
                run.id(),
                TaskQueues.of(catalog.type(export.destination().type())),
                settledAt,
                (settledAt.isAfter(now) ? settledAt : now).plus(export.giveUpAfter()),
                settings.slicesPerRun()));
    }

    private Optional<String> reasonToSkip(BatchExport export, StartRequest request) {
        Instant boundary = request.scheduledAt();
        if (request.runId() != null || boundary == null) {
            return Optional.of("the run was removed before it started");
        }
        if (export.deletedAt() != null) {
            return Optional.of("the export was deleted");
        }
        if (catalog.types().stream().noneMatch(type -> type.workflowType().equals(request.workflowType()))) {
            return Optional.of("no destination type has the workflow type " + request.workflowType());
        }
        if (!export.timeline().isBoundary(boundary)) {
            // The interval was changed, or clocks were turned back and the hour happened twice.
            return Optional.of(boundary + " is not the end of an interval (" + export.grid() + ")");
        }
        Optional<Interval> interval = export.intervalScheduledAt(boundary);
        if (interval.isEmpty()) {
            return Optional.of("the interval that ends at " + boundary + " lies after the end of the export");
        }
        if (request.trigger() == RunTrigger.SCHEDULE) {
            // What was due before the pause is exported all the same: catching up begins with the pause.
            Instant pausedAt = export.lastPausedAt();
            if (export.paused() && (pausedAt == null || boundary.isAfter(pausedAt))) {
                return Optional.of("the export is paused");
            }
            if (runs.hasScheduledRun(export.id(), boundary)) {
                // Temporal may fire a time twice, for example when a schedule is created anew.
                return Optional.of("the interval that ends at " + boundary + " was started by the schedule before");
            }
            if (runs.isCovered(export.id(), interval.get())) {
                return Optional.of("the interval that ends at " + boundary + " was exported before");
            }
        }
        return Optional.empty();
    }

    private Run create(BatchExport export, StartRequest request, String workflowId, String workflowRunId) {
        Instant boundary = Objects.requireNonNull(request.scheduledAt());
        Interval interval = export.intervalScheduledAt(boundary).orElseThrow();
        NewRun run = new NewRun(
                request.executionId(),
                export.id(),
                request.backfillId(),
                null,
                request.trigger(),
                interval,
                boundary,
                export.version(),
                workflowId,
                workflowRunId);
        try {
            return runs.create(run, clock.instant());
        } catch (RunAlreadyActiveException e) {
            // An earlier attempt of this very start may have got through in the meantime.
            runs.activeAt(export.id(), boundary)
                    .filter(other -> !other.id().equals(run.id()))
                    .ifPresent(other -> removeFromTheWay(other, workflowId));
            return runs.create(run, clock.instant());
        }
    }

    /// Ends a run that nobody executes any more, so that another run of its interval can begin.
    ///
    /// @param workflowId of the other run. Its workflow is the only open one of that id.
    private void removeFromTheWay(Run run, String workflowId) {
        if (!run.workflowId().equals(workflowId)) {
            throw ExportException.passing(
                    "IntervalBusy", "Another workflow is at work on this interval, " + run.workflowId() + ".", null);
        }
        if (run.workflowRunId() == null) {
            // It waited for Temporal, and the other run was started first.
            end(
                    run,
                    RunStatus.CANCELLED,
                    new RunError(
                            "Overtaken",
                            "Another run of this interval was started before this one could be.",
                            "Nothing needs to be done: the other run exports the interval.",
                            false));
        } else {
            end(
                    run,
                    RunStatus.TERMINATED,
                    new RunError(
                            "WorkflowEnded",
                            "The workflow of this run was ended from outside.",
                            run.commitStarted()
                                    ? "Its commit had begun: export the interval by a backfill of gaps, which adds"
                                            + " nothing twice."
                                    : "Retry the run.",
                            false));
        }
    }

    private void logStart(Run run, Instant settledAt) {
        Instant now = clock.instant();
        String wait = settledAt.isAfter(now)
                ? ", after " + RunLog.duration(Duration.between(now, settledAt)) + " for rows that land late"
                : "";
        log.add(
                run,
                LogLevel.INFO,
                Stage.START,
                "Exporting %s to %s%s."
                        .formatted(run.interval().start(), run.interval().end(), wait));
    }

    /// Ends a run that is committed and verified. May be repeated: what has ended stays as it is.
    void complete(Run run) {
        crashPoints.reached(CrashPoints.BEFORE_FINISH);
        boolean _ = end(run, RunStatus.COMPLETED, null);
        crashPoints.reached(CrashPoints.AFTER_FINISH);
    }

    /// Ends a run as its workflow found it. May be repeated.
    void finish(FinishRequest request) {
        crashPoints.reached(CrashPoints.BEFORE_FINISH);
        Optional<Run> found = runs.find(request.runId());
        if (found.isEmpty()) {
            LOG.warn("The run {} has ended, but the database was restored to a time before it", request.runId());
            return;
        }
        Run run = found.get();
        switch (request.outcome()) {
            case COMPLETED -> end(run, RunStatus.COMPLETED, null);
            case CANCELLED_TOO_LATE -> {
                if (end(run, RunStatus.COMPLETED, null)) {
                    log.add(
                            run,
                            LogLevel.WARNING,
                            Stage.FINISH,
                            "The run was cancelled after everything had been committed.");
                }
            }
            case CANCELLED -> end(run, RunStatus.CANCELLED, null);
            case FAILED -> end(run, RunStatus.FAILED, request.error());
            case GAVE_UP -> end(run, RunStatus.FAILED, gaveUp(run, request.error()));
        }
        crashPoints.reached(CrashPoints.AFTER_FINISH);
    }

    private RunError gaveUp(Run run, @Nullable RunError reported) {
        RunError last = reported == null ? run.latestError() : reported;
        String tried = "Gave up after " + RunLog.duration(Duration.between(run.createdAt(), clock.instant())) + ". ";
        return last == null
                ? new RunError(
                        "GaveUp",
                        tried + "No worker took the run.",
                        "Start a worker for this destination, then retry the run.",
                        false)
                : new RunError(
                        "GaveUp", tried + "The last error (" + last.code() + "): " + last.message(), last.fix(), false);
    }

    /// Ends a run and logs the end.
    ///
    /// @return false when it had ended before
    boolean end(Run run, RunStatus status, @Nullable RunError error) {
        Instant now = clock.instant();
        Optional<Run> ended = endings.end(run, status, error, reconciliation.first(run.interval(), now));
        ended.ifPresent(this::logEnd);
        return ended.isPresent();
    }

    private void logEnd(Run run) {
        String time = RunLog.duration(Duration.between(run.createdAt(), clock.instant()));
        switch (run.status()) {
            case COMPLETED ->
                log.add(
                        run,
                        LogLevel.INFO,
                        Stage.FINISH,
                        "Completed in %s: %s, %s."
                                .formatted(
                                        time, RunLog.rows(run.recordsCompleted()), RunLog.bytes(run.bytesExported())));
            case CANCELLED -> log.add(run, LogLevel.INFO, Stage.FINISH, "Cancelled after " + time + ".");
            case FAILED, TERMINATED, TIMED_OUT -> {
                RunError error = run.latestError();
                log.add(
                        run,
                        LogLevel.ERROR,
                        Stage.FINISH,
                        error == null
                                ? run.status().word() + " after " + time + "."
                                : (run.status().word() + ": " + error.message() + " " + error.fix()).strip());
            }
            case STARTING, RUNNING -> throw new IllegalStateException("the run has not ended");
        }
    }
}
