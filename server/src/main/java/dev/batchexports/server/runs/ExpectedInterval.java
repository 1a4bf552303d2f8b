package dev.batchexports.server.runs;

import dev.batchexports.core.interval.Interval;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An interval of an export's grid and what became of it.
///
/// @param runId of the run that decides its state; null when there is none
/// @param rows that this run exported; null when there is none
public record ExpectedInterval(
        Interval interval,
        IntervalState state,
        @Nullable UUID runId,
        @Nullable Long rows) {}
