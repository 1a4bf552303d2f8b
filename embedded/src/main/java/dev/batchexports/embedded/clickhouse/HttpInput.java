package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// The bytes that a client sends on one connection.
///
/// While a query runs nobody reads them, and a client that goes away would stay unnoticed. A watch reads on in the
/// meantime: it ends with the first byte of the next request, which it keeps, or with the end of the connection.
final class HttpInput extends InputStream {
    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16).flip();
    private @Nullable CompletableFuture<Boolean> watch;

    HttpInput(SocketChannel channel) {
        this.channel = channel;
    }

    /// Calls back once if the client goes away before it sends more. The caller must not read until [#awaitRequest].
    void watch(Runnable clientGone) {
        if (watch != null || buffer.hasRemaining()) {
            return;
        }
        CompletableFuture<Boolean> watching = new CompletableFuture<>();
        watch = watching;
        Thread.ofVirtual().name("http-watch").start(() -> {
            boolean more;
            try {
                more = fill();
            } catch (IOException _) {
                more = false;
            }
            watching.complete(more);
            if (!more) {
                clientGone.run();
            }
        });
    }

    /// Waits for the first byte of the next request; false if the client has closed the connection instead.
    boolean awaitRequest() throws IOException {
        if (watch != null) {
            try {
                return watch.join();
            } catch (CompletionException failure) {
                throw new IOException("The connection could not be read.", failure);
            } finally {
                watch = null;
            }
        }
        return buffer.hasRemaining() || fill();
    }

    private boolean fill() throws IOException {
        buffer.clear();
        int count;
        try {
            count = channel.read(buffer);
        } finally {
            buffer.flip();
        }
        return count > 0;
    }

    @Override
    public int read() throws IOException {
        return buffer.hasRemaining() || fill() ? buffer.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!buffer.hasRemaining() && !fill()) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(target, offset, count);
        return count;
    }
}
