package dev.batchexports.core.source;

import java.util.UUID;

/// Names a query at the source, so that an operator finds whose it is and a cancelled run can kill it.
///
/// @param purpose `plan`, `slice-3`, `verify`, `sample`
/// @param attempt from 1
/// @param outOfMemory how many attempts at this ended because the source ran out of memory: the more there were,
///     the less of it the query may take
public record QueryTag(UUID runId, String purpose, int attempt, int outOfMemory) {
    /// Nothing is known of the memory that it takes.
    public QueryTag(UUID runId, String purpose, int attempt) {
        this(runId, purpose, attempt, 0);
    }

    /// What the query id begins with: `batch-exports-<run>-<purpose>-<attempt>`.
    @Override
    public String toString() {
        return prefix(runId) + purpose + "-" + attempt;
    }

    /// What the ids of all queries of a run begin with.
    public static String prefix(UUID runId) {
        return "batch-exports-" + runId + "-";
    }
}
