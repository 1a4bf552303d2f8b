package dev.batchexports.core.destination;

import dev.batchexports.core.source.Encoding;
import java.util.List;
import java.util.OptionalLong;

/// An open destination. Thread-safe. Everything it throws is an
/// [dev.batchexports.core.error.ExportException]; nothing it throws, logs or returns holds a secret.
public interface Destination extends AutoCloseable {
    /// Tries every right that an export needs against the real destination: connect, authenticate, find,
    /// write, read back, delete. After a failed step the rest are skipped; what the test wrote is
    /// removed.
    List<TestStep> connectionTest();

    /// Which bytes the source is to produce.
    Encoding encoding();

    /// The size a file should stay below, encoded; empty for no limit.
    OptionalLong maxFileBytes();

    /// The way in for one run. It holds no state of its own that matters: transfer, commit and abort of
    /// a run may each happen in another process, through another `Transfer` of an equal context.
    Transfer begin(TransferContext context);

    /// Makes intervals without rows visible as exported, where readers wait for a mark of each interval. Only
    /// for intervals that no run has ever written to, and otherwise like a commit of each without a slice: safe
    /// to repeat, and refused where a later run has committed. In a database no rows are all there is to see.
    ///
    /// @param intervals at most some thousands
    default void announceEmpty(List<TransferContext> intervals) throws InterruptedException {}

    @Override
    void close();
}
