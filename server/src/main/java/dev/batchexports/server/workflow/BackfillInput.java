package dev.batchexports.server.workflow;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Where a backfill's workflow begins, or goes on in a new execution.
///
/// @param ticket what the first execution has found out; null in the first execution
/// @param after the last boundary that was started; null before the first
public record BackfillInput(
        UUID exportId,
        UUID backfillId,
        @Nullable BackfillTicket ticket,
        @Nullable Instant after,
        boolean paused) {
    /// What holds for the whole backfill.
    ///
    /// @param workflowType of its runs
    /// @param concurrency how many runs at once
    /// @param paused whether it was paused before its workflow began
    public record BackfillTicket(String workflowType, int concurrency, boolean paused) {}

    static BackfillInput first(UUID exportId, UUID backfillId) {
        return new BackfillInput(exportId, backfillId, null, null, false);
    }
}
