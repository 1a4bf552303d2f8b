package dev.batchexports.server.api;

import dev.batchexports.server.backfills.Backfill;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A backfill as the API shows it.
@Schema(name = "Backfill", description = "A set of runs over past intervals.")
record BackfillAnswer(
        UUID id,
        UUID batchExportId,

        @Schema(description = "A boundary of the export's intervals; null for the earliest data.") @Nullable
        Instant startAt,

        @Schema(description = "A boundary of the export's intervals.")
        Instant endAt,

        @Schema(allowableValues = {"all", "gaps"}) String scope,

        @Schema(description = "How many runs at once.") int concurrency,

        @Schema(
                allowableValues = {
                    "Starting",
                    "Running",
                    "Paused",
                    "Completed",
                    "Failed",
                    "Cancelled",
                    "Terminated",
                    "TimedOut"
                })
        String status,

        @Schema(description = "Null until the intervals are known.") @Nullable
        Integer totalRuns,

        int finishedRuns,
        int failedRuns,
        @Nullable Long totalRecordsCount,

        @Schema(description = "The backfill whose failed runs this one executes again.") @Nullable
        UUID rerunOf,

        @Schema(description = "How long the rest takes if it goes on as so far; null unless it is Running.") @Nullable
        Long secondsLeft,

        @Schema(description = "Over the time that it was Running; null until something is finished.") @Nullable
        Double rowsPerSecond,

        Instant createdAt,
        Instant lastUpdatedAt,
        @Nullable Instant finishedAt) {

    static BackfillAnswer of(Backfill backfill, Instant now) {
        return new BackfillAnswer(
                backfill.id(),
                backfill.exportId(),
                backfill.startAt(),
                backfill.endAt(),
                backfill.scope().word(),
                backfill.concurrency(),
                backfill.status().word(),
                backfill.totalRuns(),
                backfill.finishedRuns(),
                backfill.failedRuns(),
                backfill.totalRecordsCount(),
                backfill.rerunOf(),
                backfill.left(now).map(Duration::toSeconds).orElse(null),
                backfill.rowsPerSecond(now).orElse(null),
                backfill.createdAt(),
                backfill.lastUpdatedAt(),
                backfill.finishedAt());
    }
}
