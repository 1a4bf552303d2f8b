package dev.batchexports.core.source;

import java.util.List;

/// What a run is going to transfer.
///
/// @param rows counted now
/// @param bytes uncompressed size, estimated
/// @param columns what each row holds, in order
/// @param slices none for an empty interval
public record Plan(long rows, long bytes, List<SourceColumn> columns, List<Slice> slices) {
    public Plan {
        columns = List.copyOf(columns);
        slices = List.copyOf(slices);
    }
}
