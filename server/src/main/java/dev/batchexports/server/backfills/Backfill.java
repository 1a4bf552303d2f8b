package dev.batchexports.server.backfills;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A historical export: runs over the past intervals within `[startAt, endAt)`, both boundaries of the
/// export's grid.
///
/// @param startAt null for the earliest data
/// @param concurrency how many runs at once, from 1
/// @param totalRuns null until the intervals are known
public record Backfill(
        UUID id,
        UUID exportId,
        @Nullable Instant startAt,
        Instant endAt,
        BackfillScope scope,
        int concurrency,
        BackfillStatus status,
        @Nullable Integer totalRuns,
        int finishedRuns,
        int failedRuns,
        @Nullable Long totalRecordsCount,
        Instant createdAt,
        Instant lastUpdatedAt,
        @Nullable Instant finishedAt) {

    /// The id of the workflow that works this backfill off.
    public String workflowId() {
        return exportId + "-backfill-" + id;
    }
}
