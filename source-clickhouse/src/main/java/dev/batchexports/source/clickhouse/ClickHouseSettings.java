package dev.batchexports.source.clickhouse;

import dev.batchexports.core.secret.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/// How to reach a ClickHouse server and how much of it an export may use.
///
/// @param url of the HTTP interface: `http://host:8123` or `https://host:8443`
/// @param database in which tables are looked up that are named without one
/// @param maxThreads that one query may use at the server
/// @param maxMemoryBytes that one query may use at the server
/// @param readPriority ClickHouse's setting `priority`: 0 for none, else a query waits while one with a
///     smaller number runs
/// @param connectTimeout how long to wait for a connection
/// @param socketTimeout how long the server may be silent before the stream counts as torn
/// @param extraSettings further ClickHouse settings for every query; they cannot change what the
///     correctness of an export rests on
/// @param userQueries how the queries of users run
/// @param gzipBy who packs text formats with gzip
/// @param connections to the server at most; a query beyond them waits until one is free
public record ClickHouseSettings(
        URI url,
        String user,
        Secret password,
        String database,
        int maxThreads,
        long maxMemoryBytes,
        int readPriority,
        Duration connectTimeout,
        Duration socketTimeout,
        Map<String, String> extraSettings,
        UserQueries userQueries,
        GzipBy gzipBy,
        int connections) {

    private static final int DEFAULT_THREADS = 4;
    private static final int DEFAULT_CONNECTIONS = 64;
    private static final long DEFAULT_MEMORY_BYTES = 4L << 30;
    private static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);
    /// A query over a table that is not ordered by landing time may look for rows this long in silence.
    private static final Duration DEFAULT_SOCKET_TIMEOUT = Duration.ofMinutes(5);

    public ClickHouseSettings {
        String scheme = url.getScheme();
        if (url.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
            throw new IllegalArgumentException(
                    "the ClickHouse URL must look like http://host:8123 or https://host:8443");
        }
        if (url.getUserInfo() != null || url.getQuery() != null) {
            throw new IllegalArgumentException("the ClickHouse URL must not hold credentials or parameters");
        }
        if (database.isBlank()) {
            throw new IllegalArgumentException("a database is needed");
        }
        if (maxThreads < 1 || maxMemoryBytes < 1 || readPriority < 0) {
            throw new IllegalArgumentException("threads and memory must be positive, the priority not negative");
        }
        if (connections < 1) {
            throw new IllegalArgumentException("at least one connection is needed");
        }
        if (!connectTimeout.isPositive() || !socketTimeout.isPositive()) {
            throw new IllegalArgumentException("timeouts must be positive");
        }
        extraSettings = Map.copyOf(extraSettings);
    }

    /// With the usual limits: 4 threads and 4 GiB for a query, 10 s to connect, 5 minutes of silence.
    public static ClickHouseSettings of(String url, String user, Secret password, String database) {
        return new ClickHouseSettings(
                URI.create(url),
                user,
                password,
                database,
                DEFAULT_THREADS,
                DEFAULT_MEMORY_BYTES,
                0,
                DEFAULT_CONNECT_TIMEOUT,
                DEFAULT_SOCKET_TIMEOUT,
                Map.of(),
                UserQueries.likeAll(),
                GzipBy.WORKER,
                DEFAULT_CONNECTIONS);
    }

    public ClickHouseSettings withQueryLimits(int threads, long memoryBytes, int priority) {
        return new ClickHouseSettings(
                url,
                user,
                password,
                database,
                threads,
                memoryBytes,
                priority,
                connectTimeout,
                socketTimeout,
                extraSettings,
                userQueries,
                gzipBy,
                connections);
    }

    public ClickHouseSettings withTimeouts(Duration connect, Duration socket) {
        return new ClickHouseSettings(
                url,
                user,
                password,
                database,
                maxThreads,
                maxMemoryBytes,
                readPriority,
                connect,
                socket,
                extraSettings,
                userQueries,
                gzipBy,
                connections);
    }

    public ClickHouseSettings withExtraSettings(Map<String, String> settings) {
        return new ClickHouseSettings(
                url,
                user,
                password,
                database,
                maxThreads,
                maxMemoryBytes,
                readPriority,
                connectTimeout,
                socketTimeout,
                settings,
                userQueries,
                gzipBy,
                connections);
    }

    public ClickHouseSettings withUserQueries(UserQueries queries) {
        return new ClickHouseSettings(
                url,
                user,
                password,
                database,
                maxThreads,
                maxMemoryBytes,
                readPriority,
                connectTimeout,
                socketTimeout,
                extraSettings,
                queries,
                gzipBy,
                connections);
    }

    public ClickHouseSettings withGzipBy(GzipBy chosen) {
        return new ClickHouseSettings(
                url,
                user,
                password,
                database,
                maxThreads,
                maxMemoryBytes,
                readPriority,
                connectTimeout,
                socketTimeout,
                extraSettings,
                userQueries,
                chosen,
                connections);
    }

    public ClickHouseSettings withConnections(int most) {
        return new ClickHouseSettings(
                url,
                user,
                password,
                database,
                maxThreads,
                maxMemoryBytes,
                readPriority,
                connectTimeout,
                socketTimeout,
                extraSettings,
                userQueries,
                gzipBy,
                most);
    }
}
