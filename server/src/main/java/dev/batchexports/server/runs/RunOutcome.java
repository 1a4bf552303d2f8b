package dev.batchexports.server.runs;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunStatus;
import java.util.UUID;

/// What became of a run, for working out what became of its interval.
///
/// @param commitBegan whether the destination may hold part of it
/// @param rowsLate that became visible after it had read its interval
public record RunOutcome(
        UUID runId, Interval interval, RunStatus status, boolean commitBegan, long rows, long rowsLate) {}
