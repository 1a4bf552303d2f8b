package dev.batchexports.server.workflow;

import dev.batchexports.core.run.RunTrigger;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a workflow knows of the run that it is to execute.
///
/// @param workflowType names the destination type
/// @param executionId of the workflow's first execution, which becomes the id of the run it creates: to
///     start twice creates one run
/// @param scheduledAt the boundary whose interval is exported; null for a run that is in the database
public record StartRequest(
        UUID exportId,
        @Nullable UUID runId,
        @Nullable UUID backfillId,
        @Nullable Instant scheduledAt,
        String workflowType,
        UUID executionId) {
    RunTrigger trigger() {
        return backfillId == null ? RunTrigger.SCHEDULE : RunTrigger.BACKFILL;
    }
}
