package dev.batchexports.core.destination;

import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// The outcome of a commit.
public sealed interface CommitResult {
    /// The interval is visible.
    ///
    /// @param files what was written, the manifest excluded
    /// @param rowsAtDestination how many rows of the interval the destination itself reports; empty
    ///     where it cannot be asked
    record Committed(List<CommittedFile> files, OptionalLong rowsAtDestination) implements CommitResult {
        public Committed {
            files = List.copyOf(files);
        }
    }

    /// The interval was visible before, by an earlier commit whose rows are not those of the receipts: of another run
    /// (see [WriteMode.AppendOnce]), or of this one when it was read at another time. Nothing was changed.
    ///
    /// @param rows how many that commit had
    record AlreadyCommitted(long rows) implements CommitResult {}

    /// Some slices are no longer there (their uploads expired or were removed) and must be written again
    /// before the next commit. Nothing else is lost.
    record SlicesLost(Set<Integer> numbers) implements CommitResult {
        public SlicesLost {
            numbers = Set.copyOf(numbers);
        }
    }
}
