package dev.batchexports.server.workflow;

import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.workflow.ExportProgress.Reached;
import dev.batchexports.server.workflow.FinishRequest.Outcome;
import dev.batchexports.server.workflow.StartResult.RunTicket;
import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.activity.LocalActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.common.SearchAttributeKey;
import io.temporal.common.converter.EncodedValues;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TemporalFailure;
import io.temporal.failure.TimeoutFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.DynamicWorkflow;
import io.temporal.workflow.Functions;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInfo;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One run: start → settle → plan → transfer × slices → commit → verify → finish.
///
/// A small run does everything after start in one activity, `export`, which is tried once: it tells how far it
/// came, and from there on the run goes stage by stage, as it does when that activity has failed.
///
/// It is dynamic, because the workflow types of all destinations (`s3-export`, ...) are this one
/// workflow: what differs is the task queue of its stages, which `start` names.
///
/// What holds, whatever happens:
/// - `finish` is executed, also after a failure and a cancellation, and repeated until the database has
///   taken it.
/// - An attempt to commit is not stopped by a cancellation, since half of it would be worse than either;
///   but a commit that keeps failing can be cancelled between its attempts.
/// - A stage is retried until the run gives up, except after an error that only a person can mend.
/// - When one slice fails for good, the others are stopped and waited for before anything is removed.
/// - History stays below 6,000 events: every activity and the workflow task after it are 6 events, and
///   there are [#MOST_TRANSFERS] transfers at most, however many slices.
public final class ExportWorkflow implements DynamicWorkflow {
    static final int MOST_TRANSFERS = 500;
    static final int MOST_REPEATED_TRANSFERS = 50;

    /// A database that crashes loses what is staged, each time.
    static final int MOST_COMMITS = 10;

    private static final SearchAttributeKey<OffsetDateTime> SCHEDULED_AT =
            SearchAttributeKey.forOffsetDateTime("TemporalScheduledStartTime");

    private static final Duration SHORT_ACTIVITY = Duration.ofMinutes(1);
    private static final Duration STAGE = Duration.ofHours(1);
    private static final Duration TRANSFER = Duration.ofHours(24);
    private static final Duration VERIFY = Duration.ofMinutes(30);
    private static final Duration ABORT = Duration.ofMinutes(5);

    /// What commit and verify are granted even when the run's time is up, so that a run whose last
    /// transfer took long is not thrown away.
    private static final Duration TIME_TO_COMMIT = Duration.ofMinutes(2);

    /// A stage that begins after the run's time is up fails in this time.
    private static final Duration NO_TIME = Duration.ofSeconds(1);

    /// The result of the workflow.
    ///
    /// @param outcome `Completed`, or `Skipped` when there was nothing to export
    record Result(String outcome, @Nullable UUID runId) {
        static final String COMPLETED = "Completed";
        static final String SKIPPED = "Skipped";
    }

    private record Ending(Outcome outcome, @Nullable RunError error) {}

    /// Version 1: the start is a local activity, and a small run one activity.
    private static final String SMALL_RUNS = "small-runs";

    private final RunActivities control = Workflow.newActivityStub(
            RunActivities.class,
            ActivityOptions.newBuilder()
                    .setTaskQueue(TaskQueues.CONTROL)
                    .setStartToCloseTimeout(SHORT_ACTIVITY)
                    .setRetryOptions(retryUntilTimeout())
                    .build());

    private final RunActivities localControl = Workflow.newLocalActivityStub(
            RunActivities.class,
            LocalActivityOptions.newBuilder()
                    .setStartToCloseTimeout(SHORT_ACTIVITY)
                    .setRetryOptions(retryLocally())
                    .build());

    private boolean smallRuns;
    private boolean planned;
    private boolean committing;
    private boolean committed;
    private boolean finished;

    /// Called by the worker.
    public ExportWorkflow() {}

    @Override
    public Object execute(EncodedValues arguments) {
        RunInput input = arguments.get(0, RunInput.class);
        smallRuns = Workflow.getVersion(SMALL_RUNS, Workflow.DEFAULT_VERSION, 1) >= 1;
        RunActivities starting = smallRuns ? localControl : control;
        RunTicket ticket = detached(() -> starting.start(request(input))).ticket();
        if (ticket == null) {
            return new Result(Result.SKIPPED, null);
        }
        Ending ending = export(ticket);
        return detached(() -> finish(ticket, ending));
    }

    private static StartRequest request(RunInput input) {
        WorkflowInfo info = Workflow.getInfo();
        Instant scheduledAt = input.scheduledAt();
        OffsetDateTime fired = Workflow.getTypedSearchAttributes().get(SCHEDULED_AT);
        if (scheduledAt == null && fired != null) {
            scheduledAt = fired.toInstant();
        }
        return new StartRequest(
                input.exportId(),
                input.runId(),
                input.backfillId(),
                scheduledAt,
                info.getWorkflowType(),
                UUID.fromString(info.getFirstExecutionRunId()));
    }

    private Ending export(RunTicket ticket) {
        try {
            settle(ticket);
            planned = true;
            ExportProgress progress = smallRuns ? exportIfSmall(ticket) : plan(ticket);
            switch (progress.reached()) {
                case PLANNED -> {
                    transferAndCommit(ticket, progress.slices());
                    committed = true;
                    verifying(ticket).verify(ticket.runId());
                }
                case COMMITTED -> {
                    committed = true;
                    Workflow.sleep(Backoff.FIRST);
                    verifying(ticket).verify(ticket.runId());
                }
                case VERIFIED -> {
                    committed = true;
                    CancellationScope.throwCanceled();
                }
                case FINISHED -> finished = true;
            }
            return new Ending(Outcome.COMPLETED, null);
        } catch (TemporalFailure failure) {
            if (CancellationScope.current().isCancelRequested()) {
                return new Ending(committed ? Outcome.CANCELLED_TOO_LATE : Outcome.CANCELLED, null);
            }
            return committed ? verifiedAs(ending(failure)) : ending(failure);
        }
    }

    /// The interval is at the destination. That it could not be counted again does not change this; only a
    /// destination that reports another number of rows does.
    private static Ending verifiedAs(Ending ending) {
        RunError error = ending.error();
        boolean differs = error != null && error.code().equals(RunExecution.DIFFERENT_AT_DESTINATION);
        return differs ? ending : new Ending(Outcome.COMPLETED, null);
    }

    private static void settle(RunTicket ticket) {
        Duration wait = Duration.between(now(), ticket.settledAt());
        if (wait.isPositive()) {
            Workflow.sleep(wait);
        }
    }

    private static ExportProgress plan(RunTicket ticket) {
        int slices = stages(ticket, STAGE, NO_TIME).plan(ticket.runId());
        return new ExportProgress(Reached.PLANNED, slices);
    }

    /// The stage that failed is tried again by itself: retries, their limits and what a cancellation means are
    /// those of the stages.
    private static ExportProgress exportIfSmall(RunTicket ticket) {
        try {
            return small(ticket).export(ticket.runId());
        } catch (ActivityFailure failure) {
            boolean permanent = failure.getCause() instanceof ApplicationFailure reported && reported.isNonRetryable();
            if (permanent || CancellationScope.current().isCancelRequested()) {
                throw failure;
            }
            Workflow.sleep(Backoff.FIRST);
        }
        try {
            return plan(ticket);
        } catch (ActivityFailure failure) {
            if (failure.getCause() instanceof ApplicationFailure reported
                    && reported.getType().equals(RunExecution.RUN_ENDED)) {
                // The attempt had ended the run before its worker was lost.
                return new ExportProgress(Reached.FINISHED, 0);
            }
            throw failure;
        }
    }

    private void transferAndCommit(RunTicket ticket, int slices) {
        List<SliceRange> ranges = SliceRange.covering(slices, MOST_TRANSFERS);
        for (int commits = 1; commits <= MOST_COMMITS; commits++) {
            transfer(ticket, ranges);
            CancellationScope.throwCanceled();
            committing = true;
            List<Integer> lost = stages(ticket, STAGE, TIME_TO_COMMIT).commit(ticket.runId());
            if (lost.isEmpty()) {
                return;
            }
            committing = false;
            ranges = SliceRange.covering(slices, MOST_REPEATED_TRANSFERS).stream()
                    .filter(range -> range.containsAny(lost))
                    .toList();
        }
        throw ApplicationFailure.newNonRetryableFailure(
                "The destination lost slices that had been transferred, again and again.",
                "SlicesLost",
                "See to it that the destination neither crashes nor removes unfinished uploads meanwhile, then retry"
                        + " the run.");
    }

    /// Transfers a window of ranges at a time. When one fails the others are cancelled and waited for.
    private void transfer(RunTicket ticket, List<SliceRange> ranges) {
        List<Promise<Void>> underWay = new ArrayList<>();
        CancellationScope scope = Workflow.newCancellationScope(() -> {
            StageActivities stages = stages(ticket, TRANSFER, NO_TIME);
            for (SliceRange range : ranges) {
                while (underWay.size() >= ticket.slicesAtOnce()) {
                    Promise.anyOf(underWay).get();
                    // One that failed beside it must not be overlooked.
                    underWay.stream().filter(Promise::isCompleted).forEach(Promise::get);
                    underWay.removeIf(Promise::isCompleted);
                }
                underWay.add(Async.procedure(stages::transfer, ticket.runId(), range));
            }
            Promise.allOf(underWay).get();
        });
        try {
            scope.run();
        } catch (TemporalFailure failure) {
            scope.cancel();
            for (Promise<Void> transfer : underWay) {
                transfer.handle((done, ended) -> null).get();
            }
            throw failure;
        }
    }

    private static Ending ending(TemporalFailure failure) {
        Throwable cause = failure instanceof ActivityFailure ? failure.getCause() : failure;
        if (cause instanceof TimeoutFailure timeout) {
            cause = timeout.getCause();
        }
        if (cause instanceof ApplicationFailure reported) {
            return new Ending(
                    reported.isNonRetryable() ? Outcome.FAILED : Outcome.GAVE_UP, Failures.fromTemporal(reported));
        }
        return new Ending(Outcome.GAVE_UP, null);
    }

    private Result finish(RunTicket ticket, Ending ending) {
        // A commit that has begun may have replaced files already: what it has not completed yet is the only copy.
        if (planned && !committing && !finished) {
            abort(ticket);
        }
        if (!finished) {
            control.finish(new FinishRequest(ticket.runId(), ending.outcome(), ending.error()));
        }
        return switch (ending.outcome()) {
            case COMPLETED, CANCELLED_TOO_LATE -> new Result(Result.COMPLETED, ticket.runId());
            case CANCELLED -> throw new CanceledFailure("the run was cancelled");
            case FAILED, GAVE_UP -> throw failure(ending);
        };
    }

    private static ApplicationFailure failure(Ending ending) {
        RunError error = ending.error();
        String code = ending.outcome() == Outcome.GAVE_UP || error == null ? "GaveUp" : error.code();
        String message = error == null ? "no worker took the run" : error.message();
        String fix = error == null ? "" : error.fix();
        ApplicationFailure failure = ApplicationFailure.newNonRetryableFailure(message, code, fix);
        // Where in the workflow it is thrown tells nobody anything.
        failure.setStackTrace(new StackTraceElement[0]);
        return failure;
    }

    /// What cannot be removed is left to the next run of the interval, and to the rules of the
    /// destination: it must not keep this run from ending.
    private static void abort(RunTicket ticket) {
        StageActivities stages = Workflow.newActivityStub(
                StageActivities.class,
                ActivityOptions.newBuilder()
                        .setTaskQueue(ticket.taskQueue())
                        .setStartToCloseTimeout(ABORT)
                        .setScheduleToCloseTimeout(ABORT)
                        .setHeartbeatTimeout(Heartbeats.TIMEOUT)
                        .setRetryOptions(retryUntilTimeout())
                        .build());
        try {
            stages.abort(ticket.runId());
        } catch (ActivityFailure failure) {
            Workflow.getLogger(ExportWorkflow.class)
                    .warn("What run {} had begun to write could not be removed", ticket.runId());
        }
    }

    private static StageActivities verifying(RunTicket ticket) {
        return Workflow.newActivityStub(
                StageActivities.class,
                ActivityOptions.newBuilder()
                        .setTaskQueue(ticket.taskQueue())
                        .setScheduleToCloseTimeout(VERIFY)
                        .setHeartbeatTimeout(Heartbeats.TIMEOUT)
                        .setRetryOptions(retryUntilTimeout())
                        .build());
    }

    /// One attempt. It waits for a worker as long as the run has time; one that is at work when the time is up
    /// may commit what it has.
    private static StageActivities small(RunTicket ticket) {
        Duration remaining = Duration.between(now(), ticket.givesUpAt());
        Duration wait = remaining.compareTo(NO_TIME) < 0 ? NO_TIME : remaining;
        return Workflow.newActivityStub(
                StageActivities.class,
                ActivityOptions.newBuilder()
                        .setTaskQueue(ticket.taskQueue())
                        .setScheduleToStartTimeout(wait)
                        .setScheduleToCloseTimeout(wait.plus(TIME_TO_COMMIT))
                        .setStartToCloseTimeout(STAGE)
                        .setHeartbeatTimeout(Heartbeats.TIMEOUT)
                        .setRetryOptions(
                                RetryOptions.newBuilder().setMaximumAttempts(1).build())
                        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                        .build());
    }

    /// @param longest for one attempt
    /// @param least for all attempts, if the run's time is up
    private static StageActivities stages(RunTicket ticket, Duration longest, Duration least) {
        Duration remaining = Duration.between(now(), ticket.givesUpAt());
        return Workflow.newActivityStub(
                StageActivities.class,
                ActivityOptions.newBuilder()
                        .setTaskQueue(ticket.taskQueue())
                        .setScheduleToCloseTimeout(remaining.compareTo(least) < 0 ? least : remaining)
                        .setStartToCloseTimeout(longest)
                        .setHeartbeatTimeout(Heartbeats.TIMEOUT)
                        .setRetryOptions(retryUntilTimeout())
                        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                        .build());
    }

    private static RetryOptions retryUntilTimeout() {
        return RetryOptions.newBuilder()
                .setInitialInterval(Backoff.FIRST)
                .setBackoffCoefficient(Backoff.FACTOR)
                .setMaximumInterval(Backoff.LONGEST)
                .build();
    }

    /// A local activity without a limit of attempts or time is not retried at all: the SDK takes it for one without
    /// a policy.
    private static RetryOptions retryLocally() {
        return retryUntilTimeout().toBuilder()
                .setMaximumAttempts(Integer.MAX_VALUE)
                .build();
    }

    private static Instant now() {
        return Instant.ofEpochMilli(Workflow.currentTimeMillis());
    }

    /// Executes something that a cancellation of the run must not stop.
    private static <T> T detached(Functions.Func<T> work) {
        List<T> result = new ArrayList<>();
        Workflow.newDetachedCancellationScope(() -> result.add(work.apply())).run();
        return result.getFirst();
    }
}
