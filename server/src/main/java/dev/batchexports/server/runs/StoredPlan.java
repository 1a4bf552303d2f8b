package dev.batchexports.server.runs;

import dev.batchexports.core.source.SourceColumn;
import java.util.List;

/// What a run was planned as, and how far its slices have come.
///
/// @param columns what the rows hold, in all slices
/// @param settings fingerprint of the settings that it was planned with; empty when they were not remembered
/// @param slices in order
public record StoredPlan(List<SourceColumn> columns, String settings, List<StoredSlice> slices) {
    public StoredPlan {
        columns = List.copyOf(columns);
        slices = List.copyOf(slices);
    }
}
