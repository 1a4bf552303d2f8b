package dev.batchexports.server.runs;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One execution for one interval, as users see it.
///
/// @param scheduledAt the boundary that the run was scheduled for: the end of its interval, unless
///     `end_at` cut it short
/// @param exportVersion the version of the export's configuration that the run uses
/// @param attempt of the stage that is under way, from 1
/// @param recordsTotalCount rows counted by the plan; null before it
/// @param recordsAtDestination rows that the destination itself reports after the commit; null where it
///     cannot be asked
/// @param rowsLate of the interval that became visible after the run had read it
/// @param recounts how often the rows were counted again since the run completed
/// @param commitStarted whether the destination may hold a part of it or all, also where the run did not complete
public record Run(
        UUID id,
        long generation,
        UUID exportId,
        @Nullable UUID backfillId,
        @Nullable UUID retryOf,
        RunTrigger trigger,
        RunStatus status,
        Interval interval,
        Instant scheduledAt,
        long exportVersion,
        int attempt,
        @Nullable Instant nextRetryAt,
        long recordsCompleted,
        @Nullable Long recordsTotalCount,
        long bytesExported,
        int filesCount,
        @Nullable Long recordsAtDestination,
        long rowsLate,
        int recounts,
        boolean commitStarted,
        @Nullable RunError latestError,
        String workflowId,
        @Nullable String workflowRunId,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        Instant lastUpdatedAt) {

    public RunKey key() {
        return new RunKey(exportId, id, generation, interval);
    }
}
