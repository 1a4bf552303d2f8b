package dev.batchexports.server.workflow;

import java.util.List;
import java.util.UUID;

/// Hands the activities on to [RunExecution].
final class StageActivitiesImplementation implements StageActivities {
    private final RunExecution execution;

    StageActivitiesImplementation(RunExecution execution) {
        this.execution = execution;
    }

    @Override
    public int plan(UUID runId) {
        return ActivityCalls.executeWithHeartbeats((attempt, watch) -> execution.plan(runId, attempt, watch));
    }

    @Override
    public void transfer(UUID runId, SliceRange range) {
        ActivityCalls.executeWithHeartbeats((attempt, watch) -> {
            execution.transfer(runId, range, attempt, watch);
            return null;
        });
    }

    @Override
    public List<Integer> commit(UUID runId) {
        return ActivityCalls.executeWithHeartbeats(
                (attempt, watch) -> List.copyOf(execution.commit(runId, attempt, watch)));
    }

    @Override
    public void verify(UUID runId) {
        ActivityCalls.executeWithHeartbeats((attempt, watch) -> {
            execution.verify(runId, attempt, watch);
            return null;
        });
    }

    @Override
    public void abort(UUID runId) {
        ActivityCalls.executeWithHeartbeats((attempt, watch) -> {
            execution.abort(runId);
            return null;
        });
    }
}
