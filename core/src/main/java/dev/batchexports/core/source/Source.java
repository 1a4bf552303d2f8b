package dev.batchexports.core.source;

import dev.batchexports.core.interval.Interval;
import java.util.List;
import java.util.UUID;

/// Where rows come from. Thread-safe; every method may be called from many threads at once, blocks, and
/// throws [dev.batchexports.core.error.ExportException].
public interface Source extends AutoCloseable {
    /// The code of the error when a query needed more memory than the source has or allows.
    String MEMORY_LIMIT = "MemoryLimit";

    /// Counts the rows of an interval and cuts it into slices.
    Plan plan(RowSelection selection, Encoding encoding, SliceLimits limits, QueryTag tag);

    /// Counts the rows that are visible now.
    long count(RowSelection selection, QueryTag tag);

    /// Counts the rows of one slice that are visible now.
    ///
    /// @param columns those of the plan
    long count(RowSelection selection, List<SourceColumn> columns, Slice slice, QueryTag tag);

    /// Counts the rows of each of several intervals that are visible now: in one query where the source can.
    ///
    /// @param selection its interval spans all of them
    /// @param intervals ascending and disjoint
    /// @return one count for each interval, in their order
    default List<Long> counts(RowSelection selection, List<Interval> intervals, QueryTag tag) {
        return intervals.stream()
                .map(interval -> count(selection.within(interval), tag))
                .toList();
    }

    /// Starts to stream one slice, encoded.
    ///
    /// @param columns those of the plan: exactly these are written, whatever columns have come since
    /// @throws dev.batchexports.core.error.ExportException `ColumnsChanged` when one of them is gone, or is of
    ///     another type now
    EncodedRows open(RowSelection selection, List<SourceColumn> columns, Slice slice, Encoding encoding, QueryTag tag);

    /// Ends every query of a run that still runs at the source, whoever started it. Does nothing when
    /// there is none.
    void cancelQueries(UUID runId);

    @Override
    void close();
}
