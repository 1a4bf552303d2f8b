package dev.batchexports.server.runs;

import dev.batchexports.core.interval.Interval;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An interval of an export's timeline and what became of it.
///
/// @param runId of the run that decides its state; null when there is none
/// @param rows that its runs exported; null when there is none, or when a run exported more than the
///     interval
/// @param rowsLate that became visible after it was read, and are not exported
public record ExpectedInterval(
        Interval interval,
        IntervalState state,
        @Nullable UUID runId,
        @Nullable Long rows,
        long rowsLate) {}
