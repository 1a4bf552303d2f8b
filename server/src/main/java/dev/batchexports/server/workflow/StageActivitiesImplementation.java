package dev.batchexports.server.workflow;

import dev.batchexports.server.workflow.Heartbeats.Cancellation;
import java.util.List;
import java.util.UUID;

/// Hands the activities on to [RunExecution].
final class StageActivitiesImplementation implements StageActivities {
    private final RunExecution execution;

    StageActivitiesImplementation(RunExecution execution) {
        this.execution = execution;
    }

    @Override
    public ExportProgress export(UUID runId) {
        return ActivityCalls.executeWithHeartbeats(
                Cancellation.STOPS_IT, (attempt, watch) -> execution.export(runId, attempt, watch));
    }

    @Override
    public int plan(UUID runId) {
        return ActivityCalls.executeWithHeartbeats(
                Cancellation.STOPS_IT, (attempt, watch) -> execution.plan(runId, attempt, watch));
    }

    @Override
    public void transfer(UUID runId, SliceRange range) {
        ActivityCalls.executeWithHeartbeats(Cancellation.STOPS_IT, (attempt, watch) -> {
            execution.transfer(runId, range, attempt, watch);
            return null;
        });
    }

    @Override
    public List<Integer> commit(UUID runId) {
        return ActivityCalls.executeWithHeartbeats(
                Cancellation.LETS_IT_FINISH, (attempt, watch) -> List.copyOf(execution.commit(runId, attempt, watch)));
    }

    @Override
    public void verify(UUID runId) {
        ActivityCalls.executeWithHeartbeats(Cancellation.STOPS_IT, (attempt, watch) -> {
            execution.verify(runId, attempt, watch);
            return null;
        });
    }

    @Override
    public void abort(UUID runId) {
        ActivityCalls.executeWithHeartbeats(Cancellation.STOPS_IT, (attempt, watch) -> {
            execution.abort(runId);
            return null;
        });
    }
}
