package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.TransferProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Sends the parts of one upload, several at a time, out of a fixed set of buffers: whoever wants to cut
/// the next part waits until a buffer is free. Used by one thread.
final class PartUploads implements AutoCloseable {
    /// How long a part that was interrupted may take to notice.
    private static final long END_SECONDS = 10;

    private final S3Bucket bucket;
    private final PartSize size;
    private final TransferProgress progress;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final BlockingQueue<byte[]> freeBuffers = new LinkedBlockingQueue<>();
    private final List<Future<S3Bucket.Part>> parts = new ArrayList<>();
    private int buffers;

    PartUploads(S3Bucket bucket, PartSize size, TransferProgress progress) {
        this.bucket = bucket;
        this.size = size;
        this.progress = progress;
    }

    /// Waits for a buffer. It belongs to the caller until it is handed to [#upload].
    ///
    /// @throws dev.batchexports.core.error.ExportException when a part failed in the meantime
    byte[] takeBuffer() throws InterruptedException {
        byte[] buffer = freeBuffers.poll();
        if (buffer == null && buffers < size.buffers()) {
            buffers++;
            buffer = new byte[size.bytes()];
        }
        if (buffer == null) {
            buffer = freeBuffers.take();
        }
        for (Future<S3Bucket.Part> part : parts) {
            if (part.state() == Future.State.FAILED) {
                S3Bucket.Part _ = outcome(part);
            }
        }
        return buffer;
    }

    /// Starts to send the next part.
    void upload(S3Bucket.Upload upload, byte[] buffer, int length) {
        int number = parts.size() + 1;
        parts.add(threads.submit(() -> {
            try {
                S3Bucket.Part part = bucket.uploadPart(upload, number, buffer, length);
                progress.advanced(length);
                return part;
            } finally {
                freeBuffers.add(buffer);
            }
        }));
    }

    /// How many parts were handed over.
    int count() {
        return parts.size();
    }

    /// Waits until the store has taken every part.
    List<S3Bucket.Part> finish() throws InterruptedException {
        List<S3Bucket.Part> taken = new ArrayList<>(parts.size());
        for (Future<S3Bucket.Part> part : parts) {
            taken.add(outcome(part));
        }
        return taken;
    }

    /// Stops the parts that are still under way, and waits until they have stopped.
    @Override
    public void close() {
        threads.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            boolean _ = threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static S3Bucket.Part outcome(Future<S3Bucket.Part> part) throws InterruptedException {
        try {
            return part.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("a part ended in a way that it never should", e);
        }
    }
}
