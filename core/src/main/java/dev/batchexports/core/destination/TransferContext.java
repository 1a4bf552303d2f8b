package dev.batchexports.core.destination;

import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.source.SourceColumn;
import java.util.List;

/// What a destination is told of a run.
///
/// @param modelName for names at the destination (`{table}` in a prefix)
/// @param sliceCount how many slices the plan has; 0 for an empty interval
public record TransferContext(
        RunKey run, String modelName, WriteMode writeMode, List<SourceColumn> columns, int sliceCount) {
    public TransferContext {
        columns = List.copyOf(columns);
    }
}
