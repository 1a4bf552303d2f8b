package dev.batchexports.server.workflow;

import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/// A historical export: runs over past intervals, some at a time, as child workflows.
@WorkflowInterface
public interface BackfillWorkflow {
    String TYPE = "backfill";
    String PAUSE = "pause";
    String RESUME = "resume";

    @WorkflowMethod(name = TYPE)
    void execute(BackfillInput input);

    /// Starts no further runs; those under way go on.
    @SignalMethod(name = PAUSE)
    void pause();

    @SignalMethod(name = RESUME)
    void resume();
}
