package dev.batchexports.server.monitor;

import dev.batchexports.server.runs.RunError;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One attempt at a stage of a run.
///
/// @param slice from 1; null for a stage without slices
/// @param number from 1
public record StageAttempt(
        String stage,
        @Nullable Integer slice,
        int number,
        Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable RunError error) {}
