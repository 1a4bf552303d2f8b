package dev.batchexports.server.workflow;

import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunAlreadyActiveException;

/// What the rest of the server asks of Temporal. Every method may be repeated. A Temporal that cannot be
/// reached makes them throw [OrchestrationUnavailableException]; the reconciler brings Temporal into
/// step with the database later.
public interface Orchestration {
    /// Makes the export's schedule match its row: creates, updates, pauses, unpauses or removes it
    /// (deleted, ended).
    void applySchedule(BatchExport export);

    /// Starts the workflow of a run that is in the database with status Starting.
    ///
    /// @throws RunAlreadyActiveException when a workflow for this interval is running already
    void startRun(BatchExport export, Run run);

    /// Asks a run to stop; it finishes as Cancelled by itself.
    void cancelRun(Run run);

    /// Starts the workflow of a backfill that is in the database with status Starting.
    void startBackfill(BatchExport export, Backfill backfill);

    /// Asks a backfill to stop, and the runs that it has started.
    void cancelBackfill(Backfill backfill);

    /// Lets a backfill start no further runs until it is resumed.
    void pauseBackfill(Backfill backfill);

    void resumeBackfill(Backfill backfill);
}
