package dev.batchexports.server.workflow;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The input of a workflow that executes a run: ids only, so that nothing of the configuration stands in
/// Temporal's history.
///
/// @param runId the run that is in the database already, for a retry; null when the workflow creates it
/// @param backfillId the backfill that the run belongs to; null for none
/// @param scheduledAt the boundary whose interval is exported; null when a schedule started the workflow,
///     which then has it as search attribute
record RunInput(
        UUID exportId,
        @Nullable UUID runId,
        @Nullable UUID backfillId,
        @Nullable Instant scheduledAt) {
    static RunInput ofSchedule(UUID exportId) {
        return new RunInput(exportId, null, null, null);
    }
}
