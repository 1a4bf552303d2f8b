package dev.batchexports.server.api;

import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A run as the API shows it.
@Schema(name = "Run", description = "One execution for one interval.")
record RunAnswer(
        UUID id,
        UUID batchExportId,

        @Schema(description = "The backfill that it belongs to.") @Nullable
        UUID backfillId,

        @Schema(description = "The run that it is a retry of.") @Nullable
        UUID retryOf,

        @Schema(allowableValues = {"schedule", "backfill", "retry"})
        String trigger,

        @Schema(allowableValues = {"Starting", "Running", "Completed", "Failed", "Cancelled", "Terminated", "TimedOut"})
        String status,

        @Schema(description = "Inclusive, of landing time.") Instant dataIntervalStart,
        @Schema(description = "Exclusive, of landing time.") Instant dataIntervalEnd,

        @Schema(description = "Of the stage that is under way, from 1.")
        int attempt,

        @Nullable Instant nextRetryAt,
        long recordsCompleted,

        @Schema(description = "Rows counted by the plan; null before it.") @Nullable
        Long recordsTotalCount,

        @Schema(description = "Rows that the destination itself reports; null where it cannot be asked.") @Nullable
        Long recordsAtDestination,

        @Schema(description = "Rows of the interval that became visible after the run had read it.")
        long rowsLate,

        @Schema(
                description = "Whether the destination may hold a part of it or all, also where the run did not"
                        + " complete: its commit had begun.")
        boolean commitStarted,

        @Schema(description = "The revision of the configuration that it was created with.")
        long revision,

        long bytesExported,
        int filesCount,
        @Nullable ErrorAnswer latestError,
        String workflowId,
        @Nullable String workflowRunId,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        Instant lastUpdatedAt) {

    /// @param fix what to change; empty when waiting is all there is to do
    @Schema(name = "RunError")
    record ErrorAnswer(
            @Schema(description = "Stable and searchable.", example = "NoSuchBucket")
            String code,

            String message,

            @Schema(description = "What to change; empty when waiting is all there is to do.")
            String fix,

            boolean retryable) {
        static @Nullable ErrorAnswer of(@Nullable RunError error) {
            return error == null
                    ? null
                    : new ErrorAnswer(error.code(), error.message(), error.fix(), error.retryable());
        }
    }

    static RunAnswer of(Run run) {
        return new RunAnswer(
                run.id(),
                run.exportId(),
                run.backfillId(),
                run.retryOf(),
                run.trigger().word(),
                run.status().word(),
                run.interval().start(),
                run.interval().end(),
                run.attempt(),
                run.nextRetryAt(),
                run.recordsCompleted(),
                run.recordsTotalCount(),
                run.recordsAtDestination(),
                run.rowsLate(),
                run.commitStarted(),
                run.exportVersion(),
                run.bytesExported(),
                run.filesCount(),
                ErrorAnswer.of(run.latestError()),
                run.workflowId(),
                run.workflowRunId(),
                run.createdAt(),
                run.startedAt(),
                run.finishedAt(),
                run.lastUpdatedAt());
    }
}
