package dev.batchexports.server.workflow;

/// How far a run has come in one activity.
///
/// @param slices of its plan
public record ExportProgress(Reached reached, int slices) {
    public enum Reached {
        /// Its slices remain to be transferred, those that were not yet.
        PLANNED,
        COMMITTED,
        VERIFIED,
        /// The run has ended.
        FINISHED
    }
}
