package dev.batchexports.server.workflow;

import static dev.batchexports.server.workflow.TemporalConnection.answerOf;
import static dev.batchexports.server.workflow.TemporalConnection.isNotFound;

import dev.batchexports.server.runs.RunError;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.PendingActivityState;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.failure.v1.Failure;
import io.temporal.api.workflow.v1.PendingActivityInfo;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Finds out from Temporal how a workflow is doing.
final class WorkflowInspector {
    private static final Duration RESULT = Duration.ofSeconds(5);

    /// The life of a workflow.
    sealed interface State {
        /// It is open.
        ///
        /// @param retry the activity that has been tried most often without success; null when none has
        ///     failed
        record Open(@Nullable Retry retry) implements State {}

        /// It has returned.
        record Completed() implements State {}

        record Failed(RunError error) implements State {}

        record Cancelled() implements State {}

        record Terminated() implements State {}

        record TimedOut() implements State {}

        /// Temporal does not know it, or not any more.
        record Unknown() implements State {}
    }

    /// An activity that is going to be tried again, or is being.
    ///
    /// @param attempt the one that is under way, or comes next
    /// @param loss how the last attempt ended
    /// @param nextAt when it is tried again; null while it is being tried
    record Retry(int attempt, Loss loss, @Nullable Instant nextAt) {}

    /// How the last attempt of an activity ended.
    enum Loss {
        /// Its worker reported an error, and has written it to the run's row.
        REPORTED,
        /// Nothing was heard of it.
        UNHEARD
    }

    private final TemporalConnection temporal;

    WorkflowInspector(TemporalConnection temporal) {
        this.temporal = temporal;
    }

    /// @param workflowRunId null for the latest execution
    /// @throws OrchestrationUnavailableException when Temporal does not answer
    State inspect(String workflowId, @Nullable String workflowRunId) {
        WorkflowExecution.Builder execution = WorkflowExecution.newBuilder().setWorkflowId(workflowId);
        if (workflowRunId != null) {
            execution.setRunId(workflowRunId);
        }
        DescribeWorkflowExecutionResponse described;
        try {
            described =
                    temporal.call(stub -> stub.describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                            .setNamespace(temporal.namespace())
                            .setExecution(execution)
                            .build()));
        } catch (OrchestrationUnavailableException e) {
            throw e;
        } catch (RuntimeException e) {
            if (isNotFound(e)) {
                return new State.Unknown();
            }
            throw e;
        }
        return state(described, workflowId);
    }

    private State state(DescribeWorkflowExecutionResponse described, String workflowId) {
        WorkflowExecutionStatus status = described.getWorkflowExecutionInfo().getStatus();
        return switch (status) {
            case WORKFLOW_EXECUTION_STATUS_COMPLETED -> new State.Completed();
            case WORKFLOW_EXECUTION_STATUS_FAILED ->
                new State.Failed(failure(
                        workflowId,
                        described.getWorkflowExecutionInfo().getExecution().getRunId()));
            case WORKFLOW_EXECUTION_STATUS_CANCELED -> new State.Cancelled();
            case WORKFLOW_EXECUTION_STATUS_TERMINATED -> new State.Terminated();
            case WORKFLOW_EXECUTION_STATUS_TIMED_OUT -> new State.TimedOut();
            case WORKFLOW_EXECUTION_STATUS_RUNNING,
                    WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
                    WORKFLOW_EXECUTION_STATUS_PAUSED,
                    WORKFLOW_EXECUTION_STATUS_UNSPECIFIED,
                    UNRECOGNIZED -> new State.Open(retry(described).orElse(null));
        };
    }

    private static Optional<Retry> retry(DescribeWorkflowExecutionResponse described) {
        return described.getPendingActivitiesList().stream()
                .filter(PendingActivityInfo::hasLastFailure)
                .max(Comparator.comparingInt(PendingActivityInfo::getAttempt))
                .map(activity -> new Retry(activity.getAttempt(), loss(activity.getLastFailure()), nextAt(activity)));
    }

    private static Loss loss(Failure failure) {
        return failure.hasTimeoutFailureInfo() ? Loss.UNHEARD : Loss.REPORTED;
    }

    private static @Nullable Instant nextAt(PendingActivityInfo activity) {
        return activity.getState() == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
                        && activity.hasNextAttemptScheduleTime()
                ? TemporalConnection.instant(activity.getNextAttemptScheduleTime())
                : null;
    }

    private RunError failure(String workflowId, String workflowRunId) {
        WorkflowStub workflow = temporal.client()
                .newUntypedWorkflowStub(WorkflowTargetOptions.newBuilder()
                        .setWorkflowId(workflowId)
                        .setRunId(workflowRunId)
                        .build());
        return answerOf(() -> {
            try {
                workflow.getResult(RESULT.toMillis(), TimeUnit.MILLISECONDS, Object.class);
            } catch (WorkflowFailedException e) {
                if (e.getCause() instanceof ApplicationFailure failure) {
                    return Failures.fromTemporal(failure);
                }
            } catch (TimeoutException e) {
                throw new OrchestrationUnavailableException(e);
            }
            return new RunError("WorkflowFailed", "The workflow of the run failed.", "Retry the run.", false);
        });
    }
}
