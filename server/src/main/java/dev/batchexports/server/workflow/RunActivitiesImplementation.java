package dev.batchexports.server.workflow;

import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInfo;
import java.util.Objects;

/// Hands the activities on to [RunLifecycle].
final class RunActivitiesImplementation implements RunActivities {
    private final RunLifecycle lifecycle;

    RunActivitiesImplementation(RunLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public StartResult start(StartRequest request) {
        ActivityInfo info = Activity.getExecutionContext().getInfo();
        String workflowId = Objects.requireNonNull(info.getWorkflowId());
        String workflowRunId = Objects.requireNonNull(info.getWorkflowRunId());
        return ActivityCalls.execute(() -> lifecycle.start(request, workflowId, workflowRunId));
    }

    @Override
    public void finish(FinishRequest request) {
        ActivityCalls.execute(() -> {
            lifecycle.finish(request);
            return null;
        });
    }
}
