package dev.batchexports.core.destination;

import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Slice;
import java.util.List;

/// Brings the rows of one run to a destination: `write` each slice, then `commit` once, or `abort`.
///
/// Nothing that `write` does is visible to a reader; `commit` makes the whole interval visible. Every
/// method may be called again, by another process and while an earlier, presumed dead, caller is still
/// at work: the outcome is the same as if only the last call had been made.
public interface Transfer extends AutoCloseable {
    /// Streams one slice to the destination, with memory that does not grow with its size.
    ///
    /// Reads `rows` to their end. When the calling thread is interrupted it stops promptly; nothing
    /// becomes visible.
    ///
    /// @throws InterruptedException when the run was cancelled
    SliceReceipt write(Slice slice, EncodedRows rows, TransferProgress progress) throws InterruptedException;

    /// Makes the interval visible, replacing what an earlier run of the interval had committed where the
    /// destination replaces. Safe to repeat after a lost reply: an unknown outcome is read back, never
    /// guessed.
    ///
    /// @param receipts of all slices, in any order; none for an empty interval
    CommitResult commit(List<SliceReceipt> receipts) throws InterruptedException;

    /// Removes what `write` left behind, for a run that failed or was cancelled. Never touches what a
    /// run committed.
    void abort();

    @Override
    void close();
}
