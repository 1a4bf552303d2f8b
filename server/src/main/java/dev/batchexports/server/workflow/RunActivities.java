package dev.batchexports.server.workflow;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/// The activities of a run that touch nothing but the database. They are executed by the workers of
/// [TaskQueues#CONTROL].
@ActivityInterface
public interface RunActivities {
    /// Creates the run, or decides that there is nothing to export.
    @ActivityMethod(name = "start")
    StartResult start(StartRequest request);

    /// Ends the run.
    @ActivityMethod(name = "finish")
    void finish(FinishRequest request);
}
