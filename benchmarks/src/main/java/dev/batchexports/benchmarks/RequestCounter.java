package dev.batchexports.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Stands between a client and an HTTP server of this machine, passes every byte on and counts requests and
/// connections.
///
/// A request is seen by its first line at the beginning of what is read at once: clients wait for an answer before
/// they send the next request.
final class RequestCounter implements AutoCloseable {
    private static final Pattern FIRST_LINE = Pattern.compile("^(GET|PUT|POST|HEAD|DELETE) (\\S+) HTTP/1\\.1\r\n");

    private final ServerSocket server;
    private final URI target;
    private final Map<String, Long> requests = new TreeMap<>();
    private final AtomicLong connections = new AtomicLong();

    RequestCounter(String target) throws IOException {
        this.target = URI.create(target);
        this.server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target.getPort());
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> pass(client, upstream, Direction.REQUESTS));
                Thread.ofVirtual().start(() -> pass(upstream, client, Direction.ANSWERS));
            } catch (IOException failure) {
                if (!server.isClosed()) {
                    throw new UncheckedIOException(failure);
                }
            }
        }
    }

    private enum Direction {
        REQUESTS,
        ANSWERS
    }

    private void pass(Socket from, Socket to, Direction direction) {
        byte[] buffer = new byte[64 << 10];
        try (from;
                to) {
            InputStream input = from.getInputStream();
            OutputStream output = to.getOutputStream();
            for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
                if (direction == Direction.REQUESTS) {
                    count(new String(buffer, 0, Math.min(count, 2000), StandardCharsets.ISO_8859_1));
                }
                output.write(buffer, 0, count);
            }
        } catch (IOException _) {
            // One side is gone, and so the other is closed.
        }
    }

    private synchronized void count(String beginning) {
        Matcher line = FIRST_LINE.matcher(beginning);
        if (line.find()) {
            String query = line.group(2).replaceFirst("^[^?]*", "").replaceAll("=[^&]*", "");
            requests.merge((line.group(1) + " " + query).strip(), 1L, Long::sum);
        }
    }

    /// How many since the last call, by kind.
    synchronized Map<String, Long> take() {
        Map<String, Long> taken = new TreeMap<>(requests);
        taken.put("connections", connections.getAndSet(0));
        requests.clear();
        return taken;
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
