package dev.batchexports.server.workflow;

import dev.batchexports.server.workflow.BackfillActivities.BackfillOutcome;
import dev.batchexports.server.workflow.BackfillActivities.Page;
import dev.batchexports.server.workflow.BackfillActivities.Taken;
import dev.batchexports.server.workflow.BackfillInput.BackfillTicket;
import io.temporal.activity.ActivityOptions;
import io.temporal.api.enums.v1.ParentClosePolicy;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.common.RetryOptions;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.ChildWorkflowFailure;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.ChildWorkflowCancellationType;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInit;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The runs of a backfill are children with the same workflow type and ids as the runs of the schedule,
/// so that an interval is never exported twice at once; where one is under way already, the backfill
/// waits for it. How a run ends is written to its row by the run itself, which also counts the backfill
/// anew: this workflow only starts runs and waits for them.
///
/// Intervals without rows need no child: the activity that finds the next intervals records them.
///
/// History stays below 5,000 events: a child and what follows it are about 9 events, and after
/// [#RUNS_PER_EXECUTION] children, or [#EVENTS_PER_EXECUTION] events where intervals are busy, the workflow
/// goes on as a new execution.
/// Children do not report to a new execution, so the old one waits for its last ones first.
public final class BackfillWorkflowImplementation implements BackfillWorkflow {
    static final int RUNS_PER_EXECUTION = 100;
    static final long EVENTS_PER_EXECUTION = 2500;

    private static final Duration SEARCH = Duration.ofHours(1);
    private static final Duration SHORT_ACTIVITY = Duration.ofMinutes(2);
    private static final Duration BEFORE_NEXT_TRY = Duration.ofSeconds(2);

    /// A look at the database takes milliseconds: a worker that was lost while it looked is missed soon.
    private static final Duration LOOK = Duration.ofSeconds(30);

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);

    private final BackfillActivities activities = Workflow.newActivityStub(
            BackfillActivities.class,
            ActivityOptions.newBuilder()
                    .setStartToCloseTimeout(SHORT_ACTIVITY)
                    .setRetryOptions(retry())
                    .build());
    private final BackfillActivities searching = Workflow.newActivityStub(
            BackfillActivities.class,
            ActivityOptions.newBuilder()
                    .setStartToCloseTimeout(SEARCH)
                    .setHeartbeatTimeout(Heartbeats.TIMEOUT)
                    .setRetryOptions(retry())
                    .build());
    private final BackfillActivities waiting = Workflow.newActivityStub(
            BackfillActivities.class,
            ActivityOptions.newBuilder()
                    .setStartToCloseTimeout(LOOK)
                    .setRetryOptions(retry().toBuilder()
                            .setMaximumInterval(BETWEEN_LOOKS)
                            .build())
                    .build());
    private final BackfillInput input;
    private boolean paused;
    private boolean signalled;
    private int running;

    /// Called by the worker, before the first signal is handled.
    @WorkflowInit
    public BackfillWorkflowImplementation(BackfillInput input) {
        this.input = input;
        this.paused = input.paused();
    }

    @Override
    public void execute(BackfillInput sameInput) {
        try {
            startRuns();
            Workflow.await(() -> running == 0);
        } catch (TemporalFailure failure) {
            boolean cancelled = CancellationScope.current().isCancelRequested();
            Workflow.newDetachedCancellationScope(() -> {
                        Workflow.await(() -> running == 0);
                        activities.finish(
                                input.backfillId(), cancelled ? BackfillOutcome.CANCELLED : BackfillOutcome.FAILED);
                    })
                    .run();
            throw cancelled ? new CanceledFailure("the backfill was cancelled") : failure;
        }
        Workflow.newDetachedCancellationScope(() -> activities.finish(input.backfillId(), BackfillOutcome.DONE))
                .run();
    }

    private void startRuns() {
        BackfillTicket ticket = input.ticket();
        if (ticket == null) {
            ticket = searching.begin(input.backfillId());
            // What a signal has said since then is newer.
            paused = signalled ? paused : ticket.paused();
        }
        int concurrency = ticket.concurrency();
        String type = ticket.workflowType();
        Instant after = input.after();
        int started = 0;
        boolean more = true;
        while (more) {
            Workflow.await(() -> !paused);
            Page page = searching.page(input.backfillId(), after);
            for (Instant boundary : page.boundaries()) {
                Workflow.await(() -> !paused && running < concurrency);
                if (started >= RUNS_PER_EXECUTION || isHistoryLong()) {
                    goOn(ticket, after);
                }
                running++;
                started++;
                Async.procedure(this::run, type, boundary);
                after = boundary;
            }
            after = page.next();
            if (page.more() && isHistoryLong()) {
                goOn(ticket, after);
            }
            more = page.more();
        }
    }

    private static boolean isHistoryLong() {
        return Workflow.getInfo().getHistoryLength() >= EVENTS_PER_EXECUTION;
    }

    /// Goes on as a new execution: does not return.
    private void goOn(BackfillTicket ticket, @Nullable Instant after) {
        Workflow.await(() -> running == 0 && Workflow.isEveryHandlerFinished());
        Workflow.newContinueAsNewStub(BackfillWorkflow.class)
                .execute(new BackfillInput(input.exportId(), input.backfillId(), ticket, after, paused));
    }

    /// Executes one run, after the other run of the interval if there is one. Never fails.
    private void run(String workflowType, Instant boundary) {
        try {
            while (isBusy(workflowType, boundary)
                    && waiting.awaitInterval(input.backfillId(), boundary) == Taken.FREE) {
                Workflow.sleep(BEFORE_NEXT_TRY);
            }
        } catch (TemporalFailure cancelled) {
            // The backfill is being cancelled.
        } finally {
            running--;
        }
    }

    /// Executes the run of an interval.
    ///
    /// @return true when it could not be, because another one is under way
    private boolean isBusy(String workflowType, Instant boundary) {
        try {
            Workflow.newUntypedChildWorkflowStub(
                            workflowType,
                            ChildWorkflowOptions.newBuilder()
                                    .setWorkflowId(input.exportId() + "-" + boundary)
                                    .setParentClosePolicy(ParentClosePolicy.PARENT_CLOSE_POLICY_REQUEST_CANCEL)
                                    .setCancellationType(ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED)
                                    .setPriority(Priorities.ofBackfilledRuns())
                                    .build())
                    .execute(
                            ExportWorkflow.Result.class,
                            new RunInput(input.exportId(), null, input.backfillId(), boundary));
            return false;
        } catch (ChildWorkflowFailure failure) {
            // A run that failed says so in its own row, and the others go on.
            return failure.getCause() instanceof WorkflowExecutionAlreadyStarted;
        }
    }

    @Override
    public void pause() {
        paused = true;
        signalled = true;
        show(() -> activities.paused(input.backfillId()));
    }

    @Override
    public void resume() {
        paused = false;
        signalled = true;
        show(() -> activities.resumed(input.backfillId()));
    }

    /// A signal may arrive while the backfill is being cancelled: its failure must not end the workflow.
    private static void show(Runnable status) {
        Workflow.newDetachedCancellationScope(status).run();
    }

    private static RetryOptions retry() {
        return RetryOptions.newBuilder()
                .setInitialInterval(Backoff.FIRST)
                .setBackoffCoefficient(Backoff.FACTOR)
                .setMaximumInterval(Duration.ofMinutes(1))
                .build();
    }
}
