package dev.batchexports.server.workflow;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillEndings;
import dev.batchexports.server.backfills.BackfillRunStore;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.backfills.BackfillStore;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.LogStore;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunAlreadyActiveException;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.security.KeyRotation;
import dev.batchexports.server.workflow.WorkflowInspector.Loss;
import dev.batchexports.server.workflow.WorkflowInspector.Retry;
import dev.batchexports.server.workflow.WorkflowInspector.State;
import io.temporal.client.schedules.ScheduleListDescription;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the database and Temporal in step.
///
/// From the database to Temporal: schedules are made to match their exports, runs and backfills that were
/// stored but never started are started, and intervals that have no run get one (see [Filler]). From Temporal to the
/// database: a run or backfill whose
/// workflow was ended from outside ends, and an attempt whose worker died shows. Nothing here is needed
/// while nothing goes wrong: every change is applied at once by whoever makes it.
///
/// Either side may have lost data. What Temporal has lost is made anew: schedules, and the workflows of runs and
/// backfills, which go on from what the database knows. What the database has lost, by being restored to an earlier
/// state, is found out from Temporal and the destinations: see `docs/backup.md`.
final class Reconciler {
    static final Duration FULL_CHECK = Duration.ofMinutes(1);

    /// After so many requests in a row without an answer the round ends.
    private static final int MOST_UNANSWERED = 3;

    private static final Duration AFTER_REFUSAL = Duration.ofMinutes(1);
    private static final Duration GRACE = Duration.ofSeconds(30);
    private static final Duration CLEANING = Duration.ofHours(1);
    private static final int EXPORTS_AT_ONCE = 100;

    /// All active runs are looked at within this many rounds, at least [#RUNS_AT_ONCE] of them in each.
    private static final int ROUNDS = 6;

    private static final int RUNS_AT_ONCE = 100;
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private final ExportStore exports;
    private final RunStore runs;
    private final BackfillStore backfills;
    private final BackfillRunStore backfillRuns;
    private final BackfillEndings backfillEndings;
    private final LogStore logs;
    private final Orchestration orchestration;
    private final RunLifecycle lifecycle;
    private final RunLog log;
    private final WorkflowInspector workflows;
    private final Filler filler;
    private final TemporalConnection temporal;
    private final KeyRotation keyRotation;
    private final Duration logRetention;
    private final InstantSource clock;

    /// Which schedules Temporal has refused, and when each is tried again.
    private final Map<UUID, Instant> refused = new HashMap<>();

    /// How many requests in a row Temporal has not answered.
    private int unanswered;

    private long lastGeneration;
    private Instant nextFullCheck = Instant.MIN;
    private Instant nextCleaning = Instant.MIN;

    Reconciler(
            ExportStore exports,
            RunStore runs,
            BackfillStore backfills,
            BackfillRunStore backfillRuns,
            BackfillEndings backfillEndings,
            LogStore logs,
            Orchestration orchestration,
            RunLifecycle lifecycle,
            RunLog log,
            WorkflowInspector workflows,
            Filler filler,
            TemporalConnection temporal,
            KeyRotation keyRotation,
            Duration logRetention,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.backfills = backfills;
        this.backfillRuns = backfillRuns;
        this.backfillEndings = backfillEndings;
        this.logs = logs;
        this.orchestration = orchestration;
        this.lifecycle = lifecycle;
        this.log = log;
        this.workflows = workflows;
        this.filler = filler;
        this.temporal = temporal;
        this.keyRotation = keyRotation;
        this.logRetention = logRetention;
        this.clock = clock;
    }

    /// Executes one round. What fails for one export, run or backfill is logged and does not keep the
    /// others from being looked at.
    ///
    /// @throws OrchestrationUnavailableException when Temporal does not answer several requests in a row: the
    ///     rest would not do better
    void reconcile() {
        runs.raiseGenerations();
        unanswered = 0;
        for (Run run : nextRuns()) {
            attempt("run", run.id(), () -> reconcile(run));
        }
        for (Backfill backfill : backfills.active()) {
            attempt("backfill", backfill.id(), () -> reconcile(backfill));
        }
        for (ExportStore.Unfilled unfilled : filler.due()) {
            attempt("intervals of export", unfilled.export().id(), () -> filler.fill(unfilled));
        }
        for (BatchExport export : exports.outOfStep(EXPORTS_AT_ONCE)) {
            apply(export);
        }
        Instant now = clock.instant();
        if (!now.isBefore(nextFullCheck)) {
            attempt("secrets under the key", keyRotation.keyId(), keyRotation::rotate);
            checkSchedules(now);
            nextFullCheck = now.plus(FULL_CHECK);
        }
        if (!now.isBefore(nextCleaning)) {
            logs.deleteOlderThan(now.minus(logRetention));
            nextCleaning = now.plus(CLEANING);
        }
    }

    /// A request that Temporal does not answer may be one that it cannot carry out, so others are tried. Only
    /// when several in a row are not answered is it taken to be away.
    ///
    /// @return whether it succeeded
    private boolean attempt(String what, Object id, Runnable work) {
        try {
            work.run();
            unanswered = 0;
            return true;
        } catch (OrchestrationUnavailableException e) {
            unanswered++;
            if (unanswered == MOST_UNANSWERED) {
                throw e;
            }
            LOG.warn("Temporal did not answer for the {} {}: {}", what, id, e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("The {} {} could not be reconciled", what, id, e);
        }
        return false;
    }

    /// Makes a schedule match its export, unless Temporal has refused it a moment ago.
    private void apply(BatchExport export) {
        Instant now = clock.instant();
        if (refused.getOrDefault(export.id(), Instant.MIN).isAfter(now)) {
            return;
        }
        boolean applied = attempt("schedule of export", export.id(), () -> {
            orchestration.applySchedule(export);
            exports.scheduleApplied(export.id(), export.version());
        });
        if (applied) {
            refused.remove(export.id());
        } else {
            refused.put(export.id(), now.plus(AFTER_REFUSAL));
        }
    }

    /// Compares all schedules with their exports.
    private void checkSchedules(Instant now) {
        Map<String, ScheduleListDescription> schedules = TemporalConnection.answerOf(() -> temporal.schedules()
                .listSchedules()
                .collect(Collectors.toMap(
                        ScheduleListDescription::getScheduleId, Function.identity(), (a, b) -> b, HashMap::new)));
        for (BatchExport export : exports.live()) {
            Optional<ScheduleListDescription> schedule =
                    Optional.ofNullable(schedules.remove(ScheduleSpecs.scheduleId(export)));
            boolean fits = schedule.isPresent()
                    ? matches(export, schedule.get(), now)
                    // Temporal removes a schedule that will never fire again after some days.
                    : ScheduleSpecs.isOver(export, now);
            if (!fits) {
                apply(export);
            }
        }
        schedules.keySet().stream()
                .flatMap(id -> exportOf(id).stream())
                .filter(export -> export.deletedAt() != null)
                .forEach(this::apply);
    }

    /// The export that a schedule belongs to. The namespace may hold schedules of others, which are left
    /// alone.
    private Optional<BatchExport> exportOf(String scheduleId) {
        try {
            return exports.find(UUID.fromString(scheduleId));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private boolean matches(BatchExport export, ScheduleListDescription schedule, Instant now) {
        return schedule.getSchedule().getState().isPaused() == export.paused()
                && ScheduleSpecs.note(export, keyRotation.keyId(), now)
                        .equals(schedule.getSchedule().getState().getNote());
    }

    private List<Run> nextRuns() {
        List<Run> active = runs.active();
        int count = Math.max(RUNS_AT_ONCE, Math.ceilDiv(active.size(), ROUNDS));
        List<Run> next = active.stream()
                .filter(run -> run.generation() > lastGeneration)
                .limit(count)
                .toList();
        lastGeneration = next.size() < count ? 0 : next.getLast().generation();
        return next;
    }

    private void reconcile(Run run) {
        String workflowRunId = run.workflowRunId();
        if (workflowRunId == null) {
            // What a backfill does itself has no workflow of its own.
            if (run.workflowId().equals(exportOf(run).workflowId(run.scheduledAt()))
                    && isOlderThanGrace(run.createdAt())) {
                boolean _ = startAgain(run);
            }
            return;
        }
        switch (workflows.inspect(run.workflowId(), workflowRunId)) {
            case State.Open(Retry retry) -> {
                if (isDeleted(run.exportId())) {
                    orchestration.cancelRun(run);
                } else if (retry != null) {
                    mirror(run, retry);
                }
            }
            // A workflow that ends by itself has told the database first: the database has lost it.
            case State.Completed() ->
                goOn(run, "The workflow of the run has ended, but its result is not in the database");
            case State.Failed(RunError error) -> lifecycle.end(run, RunStatus.FAILED, error);
            case State.Cancelled() -> lifecycle.end(run, RunStatus.CANCELLED, null);
            case State.Terminated() ->
                lifecycle.end(
                        run,
                        RunStatus.TERMINATED,
                        new RunError(
                                "Terminated", "The workflow was terminated in Temporal.", "Retry the run.", false));
            case State.TimedOut() ->
                lifecycle.end(
                        run,
                        RunStatus.TIMED_OUT,
                        new RunError(
                                "TimedOut", "The workflow ran out of its time in Temporal.", "Retry the run.", false));
            case State.Unknown() -> {
                // Its schedule is probably lost, too.
                nextFullCheck = Instant.MIN;
                goOn(run, "Temporal no longer knows the workflow of the run");
            }
        }
    }

    /// Executes a run once more under its own name. What it has transferred is in the database; what it has committed
    /// is known to the destination, which does nothing twice for the same run. It may have ended since it was read.
    private void goOn(Run run, String reason) {
        boolean isFinished = runs.find(run.id()).orElseThrow().status().isFinished();
        if (!isFinished && startAgain(run)) {
            log.add(run, LogLevel.WARNING, Stage.START, reason + ": it goes on by another one.");
        }
    }

    private BatchExport exportOf(Run run) {
        return exports.find(run.exportId()).orElseThrow();
    }

    private boolean isDeleted(UUID exportId) {
        return exports.find(exportId).orElseThrow().deletedAt() != null;
    }

    /// @return whether it was started
    private boolean startAgain(Run run) {
        BatchExport export = exportOf(run);
        if (export.deletedAt() != null) {
            lifecycle.end(run, RunStatus.CANCELLED, null);
            return false;
        }
        try {
            orchestration.startRun(export, run);
            return true;
        } catch (RunAlreadyActiveException e) {
            // Another workflow has the interval; when it starts its own run it ends this one.
            LOG.debug("Run {} waits for the workflow {}", run.id(), run.workflowId());
            return false;
        }
    }

    /// An attempt whose worker died could not write what became of it.
    private void mirror(Run run, Retry retry) {
        boolean shown = run.attempt() >= retry.attempt()
                && run.latestError() != null
                && run.latestError().code().equals(AttemptRecorder.WORKER_LOST.code());
        if (retry.loss() == Loss.UNHEARD && !shown) {
            // The run counts the attempts of a stage, Temporal those of an activity.
            int attempt = Math.max(run.attempt(), retry.attempt());
            runs.showError(run.id(), attempt, AttemptRecorder.WORKER_LOST, retry.nextAt(), clock.instant());
        }
    }

    private void reconcile(Backfill backfill) {
        switch (workflows.inspect(backfill.workflowId(), null)) {
            case State.Open open -> {
                if (isDeleted(backfill.exportId())) {
                    orchestration.cancelBackfill(backfill);
                }
            }
            case State.Completed() -> endUnknown(backfill);
            case State.Failed failed -> end(backfill, BackfillStatus.FAILED);
            case State.Cancelled() -> end(backfill, BackfillStatus.CANCELLED);
            case State.Terminated() -> end(backfill, BackfillStatus.TERMINATED);
            case State.TimedOut() -> end(backfill, BackfillStatus.TIMED_OUT);
            case State.Unknown() -> {
                if (isDeleted(backfill.exportId())) {
                    end(backfill, BackfillStatus.CANCELLED);
                } else if (backfill.begunAt() != null) {
                    goOn(backfill);
                } else if (isOlderThanGrace(backfill.createdAt())) {
                    start(backfill);
                }
            }
        }
    }

    /// The workflow has told the database of its end: the database has lost it, or the backfill has ended since it was
    /// read.
    private void endUnknown(Backfill backfill) {
        if (backfills.find(backfill.id()).orElseThrow().status().isFinished()) {
            return;
        }
        log.add(
                backfill.exportId(),
                LogLevel.ERROR,
                BackfillExecution.STAGE,
                "The backfill has ended, but the database has lost which of its runs completed. Start a backfill of the"
                        + " same range with the scope gaps: in append mode it adds only what is not at the"
                        + " destination.");
        end(backfill, BackfillStatus.FAILED);
    }

    /// Executes a backfill once more; it leaves out what it has a run of. Those of its runs that were under way come
    /// first: if it met one of them it would take it for that of somebody else, and export the interval again.
    private void goOn(Backfill backfill) {
        if (!runs.hasActive(backfill.id(), backfill.workflowId())) {
            start(backfill);
            log.add(
                    backfill.exportId(),
                    LogLevel.WARNING,
                    BackfillExecution.STAGE,
                    "Temporal no longer knows the workflow of the backfill: it goes on by another one.");
        }
    }

    private void start(Backfill backfill) {
        orchestration.startBackfill(exports.find(backfill.exportId()).orElseThrow(), backfill);
    }

    private void end(Backfill backfill, BackfillStatus status) {
        backfillRuns.giveBackEmpty(backfill);
        backfills.recount(backfill.id(), clock.instant());
        backfillEndings.end(backfill.id(), status, clock.instant());
    }

    private boolean isOlderThanGrace(Instant time) {
        return time.plus(GRACE).isBefore(clock.instant());
    }
}
