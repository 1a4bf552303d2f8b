package dev.batchexports.server.workflow;

import static dev.batchexports.server.workflow.TemporalConnection.answerOf;
import static dev.batchexports.server.workflow.TemporalConnection.isNotFound;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillEndings;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunAlreadyActiveException;
import dev.batchexports.server.runs.RunStore;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowIdReusePolicy;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import io.temporal.client.schedules.Schedule;
import io.temporal.client.schedules.ScheduleAlreadyRunningException;
import io.temporal.client.schedules.ScheduleHandle;
import io.temporal.client.schedules.ScheduleOptions;
import io.temporal.client.schedules.ScheduleUpdate;
import java.time.InstantSource;

/// [Orchestration] by Temporal.
///
/// Everything is safe to repeat: a schedule is created or updated as it is found, and a workflow is
/// started with a request id of its own, so that starting it again returns the one that was started.
final class TemporalOrchestration implements Orchestration {
    private final TemporalConnection temporal;
    private final DestinationCatalog catalog;
    private final RunStore runs;
    private final BackfillEndings backfills;
    private final RunLifecycle lifecycle;
    private final String keyId;
    private final InstantSource clock;

    /// @param keyId of the key that payloads are encrypted with
    TemporalOrchestration(
            TemporalConnection temporal,
            DestinationCatalog catalog,
            RunStore runs,
            BackfillEndings backfills,
            RunLifecycle lifecycle,
            String keyId,
            InstantSource clock) {
        this.temporal = temporal;
        this.catalog = catalog;
        this.runs = runs;
        this.backfills = backfills;
        this.lifecycle = lifecycle;
        this.keyId = keyId;
        this.clock = clock;
    }

    @Override
    public void applySchedule(BatchExport export) {
        answerOf(() -> {
            ScheduleHandle handle = temporal.schedules().getHandle(ScheduleSpecs.scheduleId(export));
            if (export.deletedAt() != null) {
                deleteSchedule(handle);
            } else {
                applySchedule(export, handle);
            }
            return export;
        });
    }

    private static void deleteSchedule(ScheduleHandle handle) {
        try {
            handle.delete();
        } catch (RuntimeException e) {
            if (!isNotFound(e)) {
                throw e;
            }
        }
    }

    private void applySchedule(BatchExport export, ScheduleHandle handle) {
        Schedule schedule = ScheduleSpecs.schedule(export, workflowType(export), keyId, clock.instant());
        try {
            handle.update(found -> new ScheduleUpdate(schedule));
        } catch (RuntimeException e) {
            if (!isNotFound(e)) {
                throw e;
            }
            createSchedule(export, schedule);
        }
    }

    /// What a schedule that did not exist has not fired is left to the [Filler].
    private void createSchedule(BatchExport export, Schedule schedule) {
        try {
            temporal.schedules()
                    .createSchedule(
                            ScheduleSpecs.scheduleId(export),
                            schedule,
                            ScheduleOptions.newBuilder().build());
        } catch (ScheduleAlreadyRunningException e) {
            // Somebody else has created it in this very moment, from the same row or from an earlier
            // version, which the reconciler brings up to date.
        }
    }

    @Override
    public void startRun(BatchExport export, Run run) {
        WorkflowExecution execution = answerOf(() -> {
            WorkflowStub workflow = temporal.client()
                    .newUntypedWorkflowStub(
                            workflowType(export),
                            WorkflowOptions.newBuilder()
                                    .setWorkflowId(run.workflowId())
                                    .setTaskQueue(TaskQueues.CONTROL)
                                    .setRequestId(requestId(run))
                                    .setWorkflowIdReusePolicy(
                                            WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
                                    .setWorkflowIdConflictPolicy(
                                            WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL)
                                    .setPriority(Priorities.of(run, export))
                                    .build());
            try {
                return workflow.start(new RunInput(export.id(), run.id(), run.backfillId(), run.scheduledAt()));
            } catch (WorkflowExecutionAlreadyStarted e) {
                throw new RunAlreadyActiveException(run.scheduledAt());
            }
        });
        runs.attachWorkflow(run.id(), execution.getRunId(), clock.instant());
    }

    /// Names the request, so that repeating it starts nothing twice; but a run whose workflow was lost needs another.
    private static String requestId(Run run) {
        return run.workflowRunId() == null ? run.id().toString() : run.id() + "-after-" + run.workflowRunId();
    }

    @Override
    public void cancelRun(Run run) {
        WorkflowStub workflow = temporal.client()
                .newUntypedWorkflowStub(WorkflowTargetOptions.newBuilder()
                        .setWorkflowId(run.workflowId())
                        .setRunId(run.workflowRunId())
                        .build());
        request(workflow::cancel, () -> lifecycle.end(run, RunStatus.CANCELLED, null));
    }

    @Override
    public void startBackfill(BatchExport export, Backfill backfill) {
        answerOf(() -> {
            BackfillWorkflow workflow = temporal.client()
                    .newWorkflowStub(
                            BackfillWorkflow.class,
                            WorkflowOptions.newBuilder()
                                    .setWorkflowId(backfill.workflowId())
                                    .setTaskQueue(TaskQueues.CONTROL)
                                    .setRequestId(backfill.id().toString())
                                    .setWorkflowIdReusePolicy(
                                            WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
                                    .setPriority(Priorities.of(RunTrigger.BACKFILL, export))
                                    .build());
            try {
                WorkflowStub.fromTyped(workflow).start(BackfillInput.first(export.id(), backfill.id()));
            } catch (WorkflowExecutionAlreadyStarted e) {
                // It was started before: a backfill has one workflow.
            }
            return backfill;
        });
    }

    @Override
    public void cancelBackfill(Backfill backfill) {
        request(
                temporal.client().newUntypedWorkflowStub(backfill.workflowId())::cancel,
                () -> backfills.end(backfill.id(), BackfillStatus.CANCELLED, clock.instant()));
    }

    @Override
    public void pauseBackfill(Backfill backfill) {
        signal(backfill, BackfillWorkflow.PAUSE);
    }

    @Override
    public void resumeBackfill(Backfill backfill) {
        signal(backfill, BackfillWorkflow.RESUME);
    }

    private void signal(Backfill backfill, String signal) {
        WorkflowStub workflow = temporal.client().newUntypedWorkflowStub(backfill.workflowId());
        request(() -> workflow.signal(signal), () -> {});
    }

    /// Asks a workflow for something.
    ///
    /// @param otherwise what to do when there is no open workflow of that id
    private static void request(Runnable request, Runnable otherwise) {
        try {
            answerOf(() -> {
                request.run();
                return true;
            });
        } catch (WorkflowNotFoundException e) {
            otherwise.run();
        }
    }

    private String workflowType(BatchExport export) {
        return catalog.type(export.destination().type()).workflowType();
    }
}
