package dev.batchexports.server.workflow;

/// Why a stage has to stop before it is done.
enum StopReason {
    /// The run was cancelled.
    CANCELLED,
    /// This process is shutting down; the stage is tried again elsewhere.
    WORKER_STOPPING,
    /// No byte has moved for too long; the stage is tried again.
    STALLED,
    /// Nobody waits for this attempt any more: its workflow has ended, or another attempt has begun.
    ABANDONED
}
