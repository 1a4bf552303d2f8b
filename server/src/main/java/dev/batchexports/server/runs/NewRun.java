package dev.batchexports.server.runs;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunTrigger;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A run that is about to exist, with status Starting.
public record NewRun(
        UUID id,
        UUID exportId,
        @Nullable UUID backfillId,
        @Nullable UUID retryOf,
        RunTrigger trigger,
        Interval interval,
        Instant scheduledAt,
        long exportVersion,
        String workflowId,
        @Nullable String workflowRunId) {}
