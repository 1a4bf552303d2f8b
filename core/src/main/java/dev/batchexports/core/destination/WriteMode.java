package dev.batchexports.core.destination;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a commit does with rows that are at the destination already. Destinations that write files always
/// replace the files of the interval; the modes are for those that write into tables.
public sealed interface WriteMode {
    /// Adds the rows of the run; rows of an earlier run of the interval stay.
    record Append() implements WriteMode {}

    /// As [Append], for a run that is meant to be the first of its interval: when any run has committed the interval
    /// before, nothing is changed. The metadata database may have lost that run; the destination knows it.
    record AppendOnce() implements WriteMode {}

    /// Removes the rows that earlier runs of the interval committed, then adds the rows of the run.
    record Replace() implements WriteMode {}

    /// Updates the row with the same primary key, unless it is of a newer version, or adds one.
    ///
    /// @param primaryKey names of the columns, as they are at the destination, that identify a row
    /// @param versionKey name of the column whose greater value wins; null: the later run wins
    record Merge(List<String> primaryKey, @Nullable String versionKey) implements WriteMode {
        public Merge {
            if (primaryKey.isEmpty()) {
                throw new IllegalArgumentException("a merge needs a primary key");
            }
            primaryKey = List.copyOf(primaryKey);
        }
    }
}
