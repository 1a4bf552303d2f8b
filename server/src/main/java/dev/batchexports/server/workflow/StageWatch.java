package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.TransferProgress;
import java.util.Optional;
import java.util.function.LongConsumer;

/// What a stage tells of its progress, and how it learns that it has to stop: the thread that executes
/// the stage is interrupted, and [#stopped] says why.
interface StageWatch {
    /// Begins to watch the transfer of one slice; from now on bytes have to move.
    ///
    /// @param store keeps how many bytes have moved; called every few seconds by another thread
    Meter slice(int number, LongConsumer store);

    /// Why the stage has to stop; empty while it may go on.
    Optional<StopReason> stopped();

    /// From now on a cancellation of the run no longer stops the stage.
    ///
    /// @throws StageStoppedException when the stage has to stop already
    void letFinish();

    /// Whether the run was cancelled, as far as is known here.
    boolean isCancelled();

    /// Counts the bytes of one slice.
    interface Meter extends TransferProgress, AutoCloseable {
        /// The source is alive: bytes were read, though the destination may not have taken them yet.
        void read();

        @Override
        void close();
    }
}
