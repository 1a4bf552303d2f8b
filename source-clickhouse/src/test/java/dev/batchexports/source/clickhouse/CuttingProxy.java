package dev.batchexports.source.clickhouse;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;

/// Stands between source and server, and cuts each connection after a number of bytes.
final class CuttingProxy implements AutoCloseable {
    private final URI target;
    private final ServerSocket listener;
    private final long answerBytes;

    /// @param answerBytes after which a connection is cut
    CuttingProxy(String target, long answerBytes) {
        this.target = URI.create(target);
        this.answerBytes = answerBytes;
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(target.getHost(), target.getPort());
                Thread.ofVirtual().start(() -> pump(client, server, Long.MAX_VALUE));
                Thread.ofVirtual().start(() -> pump(server, client, answerBytes));
            }
        } catch (IOException _) {
            // Closed.
        }
    }

    private static void pump(Socket from, Socket to, long limit) {
        try (from;
                to) {
            InputStream input = from.getInputStream();
            OutputStream output = to.getOutputStream();
            byte[] buffer = new byte[16 << 10];
            long remaining = limit;
            int count = input.read(buffer, 0, (int) Math.min(buffer.length, remaining));
            while (count > 0) {
                output.write(buffer, 0, count);
                remaining -= count;
                count = input.read(buffer, 0, (int) Math.min(buffer.length, remaining));
            }
        } catch (IOException _) {
            // The other direction has closed both.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
