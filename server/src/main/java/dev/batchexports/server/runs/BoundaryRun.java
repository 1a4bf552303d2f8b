package dev.batchexports.server.runs;

import dev.batchexports.core.run.RunStatus;
import java.time.Instant;
import java.util.UUID;

/// The run that decides what became of an interval: one that is not finished, else the latest that
/// completed, else the latest.
///
/// @param scheduledAt the boundary that the interval was scheduled for
public record BoundaryRun(Instant scheduledAt, UUID runId, RunStatus status, long rows) {
    IntervalState state() {
        return switch (status) {
            case STARTING, RUNNING -> IntervalState.RUNNING;
            case COMPLETED -> IntervalState.COMPLETED;
            case FAILED, CANCELLED, TERMINATED, TIMED_OUT -> IntervalState.FAILED;
        };
    }
}
