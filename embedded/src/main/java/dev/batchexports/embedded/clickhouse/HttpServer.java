package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// HTTP/1.1 for the engine's front: one platform thread for each connection, because the engine blocks in native
/// code.
///
/// Not the server of the JDK, for three reasons: its chunks of 4 KB cost throughput, closing its exchange writes the
/// final
/// chunk even if the answer failed half-way, and it does not notice a client that goes away while a query is silent.
final class HttpServer implements AutoCloseable {
    /// What the engine needs on the thread that runs a statement.
    static final long STACK_BYTES = 8L << 20;

    private static final Logger LOG = System.getLogger(HttpServer.class.getName());

    /// Answers one request. If it throws before the answer has begun, the client gets status 500; if it throws later,
    /// the
    /// connection is cut without the final chunk, so that nobody takes the answer for complete.
    interface Handler {
        void handle(HttpRequest request, HttpResponse response) throws IOException;
    }

    private final ServerSocketChannel listener;
    private final Handler handler;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();

    private HttpServer(ServerSocketChannel listener, Handler handler) {
        this.listener = listener;
        this.handler = handler;
    }

    static HttpServer start(InetSocketAddress address, Handler handler) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, Boolean.TRUE);
        listener.bind(address, 512);
        HttpServer server = new HttpServer(listener, handler);
        Thread.ofPlatform().name("http-accept").start(server::acceptAll);
        return server;
    }

    private void acceptAll() {
        while (listener.isOpen()) {
            try {
                SocketChannel channel = listener.accept();
                connections.add(channel);
                Thread.ofPlatform()
                        .daemon()
                        .name("http-", channel.socket().getPort())
                        .stackSize(STACK_BYTES)
                        .start(() -> serve(channel));
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException failure) {
                LOG.log(Level.WARNING, "A connection could not be accepted.", failure);
            }
        }
    }

    private void serve(SocketChannel channel) {
        try (channel) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, Boolean.TRUE);
            HttpInput input = new HttpInput(channel);
            boolean open = true;
            while (open) {
                open = serveOne(channel, input);
            }
        } catch (IOException ended) {
            LOG.log(Level.DEBUG, "A connection ended.", ended);
        } finally {
            connections.remove(channel);
        }
    }

    /// Returns whether the connection can take another request.
    private boolean serveOne(SocketChannel channel, HttpInput input) throws IOException {
        HttpRequest request;
        try {
            request = HttpRequest.read(channel, input).orElse(null);
        } catch (HttpRequest.MalformedException malformed) {
            new HttpResponse(channel, HttpResponse.Framing.UNTIL_CLOSE).sendText(400, malformed.getMessage() + "\n");
            return false;
        }
        if (request == null) {
            return false;
        }
        HttpResponse response = new HttpResponse(channel, request.framing());
        try {
            handler.handle(request, response);
        } catch (IOException | RuntimeException failure) {
            if (response.begun()) {
                LOG.log(Level.INFO, "An answer was cut off: {0}", failure.getMessage());
                return false;
            }
            LOG.log(Level.WARNING, "A request failed.", failure);
            response.sendText(500, "Code: 1001. DB::Exception: " + failure.getMessage() + " (STD_EXCEPTION)\n");
        }
        return response.complete() && request.keepsConnection() && request.skipBody() && input.awaitRequest();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (SocketChannel connection : connections) {
            connection.close();
        }
    }
}
