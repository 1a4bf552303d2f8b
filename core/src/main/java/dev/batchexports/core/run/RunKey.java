package dev.batchexports.core.run;

import dev.batchexports.core.interval.Interval;
import java.util.UUID;

/// Identifies one run to a destination.
///
/// @param generation grows with every run that is created; a destination lets a smaller one never
///     overwrite what a greater one committed for the same interval (fencing)
public record RunKey(UUID exportId, UUID runId, long generation, Interval interval) {}
