package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/// The main class of the engine's process: `ClickHouseEngine <libchdb.so> <data folder> <port>`.
///
/// The process is its own because the engine is big, may crash, and must not share the worker's memory. User and
/// password
/// come in the environment variables [#USER] and [#PASSWORD], where other users of the machine cannot see them.
public final class ClickHouseEngine {
    public static final String USER = "BX_ENGINE_USER";
    public static final String PASSWORD = "BX_ENGINE_PASSWORD";

    private static final Logger LOG = System.getLogger(ClickHouseEngine.class.getName());
    private static final Duration LONGEST_STOP = Duration.ofSeconds(3);

    private ClickHouseEngine() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            throw new IllegalArgumentException("Usage: ClickHouseEngine <libchdb.so> <data folder> <port>");
        }
        long started = System.nanoTime();
        Engine engine = Engine.open(Path.of(arguments[0]), Path.of(arguments[1]));
        Sessions sessions = new Sessions(engine);
        RunningQueries queries = new RunningQueries(engine);
        Credentials credentials = new Credentials(environment(USER), environment(PASSWORD));
        HttpServer server = HttpServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[2])),
                new QueryHandler(engine, credentials, queries, sessions));
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(server, engine)));
        LOG.log(
                Level.INFO,
                "ClickHouse engine {0} ready on port {1} after {2} ms",
                engine.version(),
                arguments[2],
                Duration.ofNanos(System.nanoTime() - started).toMillis());
    }

    private static String environment(String name) {
        String value = System.getenv(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException("The environment variable " + name + " is missing.");
        }
        return value;
    }

    /// Closes the engine's tables in order, but never lets a query that cannot be stopped delay the end: the tables
    /// are whole
    /// after any kind of end.
    private static void stop(HttpServer server, Engine engine) {
        Thread closing = Thread.ofPlatform()
                .daemon()
                .stackSize(HttpServer.STACK_BYTES)
                .start(() -> {
                    try {
                        server.close();
                    } catch (IOException failure) {
                        LOG.log(Level.WARNING, "The HTTP server did not close.", failure);
                    }
                    try (Chdb.Connection connection = engine.connect()) {
                        connection.query("KILL QUERY WHERE position(query, 'KILL QUERY') = 0 ASYNC", "Null");
                    }
                    engine.close();
                });
        try {
            closing.join(LONGEST_STOP);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(0);
    }
}
