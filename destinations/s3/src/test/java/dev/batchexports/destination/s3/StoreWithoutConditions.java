package dev.batchexports.destination.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/// The real store behind a front that answers conditional requests with NotImplemented, as some
/// compatible stores do. It works on the bytes, because the signature covers what the client sent; it
/// expects a request's head to arrive in one piece.
final class StoreWithoutConditions implements AutoCloseable {
    private static final Pattern CONDITIONAL = Pattern.compile("(?i)\r\nif-(none-)?match:");
    private static final String ERROR = "<Error><Code>NotImplemented</Code><Message>no conditions</Message></Error>";
    private static final String ANSWER = "HTTP/1.1 501 Not Implemented\r\nContent-Type: application/xml\r\n"
            + "Connection: close\r\nContent-Length: " + ERROR.length() + "\r\n\r\n" + ERROR;

    private final InetSocketAddress target;
    private final ServerSocket server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger refusals = new AtomicInteger();

    StoreWithoutConditions(InetSocketAddress target) {
        this.target = target;
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    int refusals() {
        return refusals.get();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        threads.close();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Socket upstream = new Socket(target.getAddress(), target.getPort());
                sockets.add(client);
                sockets.add(upstream);
                threads.execute(() -> serve(client, upstream));
                threads.execute(() -> copyBack(upstream, client));
            } catch (IOException e) {
                // The front was closed.
            }
        }
    }

    private void serve(Socket client, Socket upstream) {
        try (client;
                upstream) {
            InputStream in = client.getInputStream();
            OutputStream out = upstream.getOutputStream();
            byte[] piece = new byte[1 << 16];
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                String text = new String(piece, 0, read, StandardCharsets.ISO_8859_1);
                if (CONDITIONAL.matcher(text).find()) {
                    refusals.incrementAndGet();
                    client.getOutputStream().write(ANSWER.getBytes(StandardCharsets.ISO_8859_1));
                    client.shutdownOutput();
                    in.transferTo(OutputStream.nullOutputStream());
                    return;
                }
                out.write(piece, 0, read);
            }
        } catch (IOException e) {
            // Either side has gone.
        }
    }

    private static void copyBack(Socket upstream, Socket client) {
        try {
            upstream.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException e) {
            // Either side has gone.
        }
    }
}
