package dev.batchexports.server.workflow;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import java.util.List;
import java.util.UUID;

/// The activities of a run that move data. They are executed by the workers of the destination type's
/// own queue.
@ActivityInterface
public interface StageActivities {
    /// Plans the run and, if it turns out to be small, executes its other stages as well.
    @ActivityMethod(name = "export")
    ExportProgress export(UUID runId);

    /// @return how many slices there are to transfer
    @ActivityMethod(name = "plan")
    int plan(UUID runId);

    @ActivityMethod(name = "transfer")
    void transfer(UUID runId, SliceRange range);

    /// @return the slices to transfer again; none when the interval is committed
    @ActivityMethod(name = "commit")
    List<Integer> commit(UUID runId);

    @ActivityMethod(name = "verify")
    void verify(UUID runId);

    /// Removes what the run has left behind.
    @ActivityMethod(name = "abort")
    void abort(UUID runId);
}
