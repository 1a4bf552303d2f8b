package dev.batchexports.embedded.clickhouse;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/// Knows which query id is which query of the engine.
///
/// The engine's C interface takes no query id. Each statement carries a mark in a comment instead, by which it is
/// found in
/// `system.processes`.
final class RunningQueries {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final Duration BETWEEN_KILLS = Duration.ofMillis(100);
    private static final String MARK = "bx-";

    /// A query that has begun and not ended.
    ///
    /// @param id the query id that the client gave or was told
    /// @param mark unique among all queries
    record Running(String id, String mark) {
        /// The statement as the engine gets it. The mark stands at the end: positions in error messages stay right.
        String marked(String sql) {
            return sql + "\n/* " + MARK + mark + " */";
        }
    }

    private final Engine engine;
    private final Map<String, Running> byId = new ConcurrentHashMap<>();
    private final Set<Running> dying = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    RunningQueries(Engine engine) {
        this.engine = engine;
    }

    /// @throws ClickHouseError if a query with this id is running
    Running begin(String id) {
        Running running = new Running(id, UUID.randomUUID().toString());
        if (byId.putIfAbsent(id, running) != null) {
            throw new ClickHouseError(
                    216, "Query with id = " + id + " is already running", "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING");
        }
        return running;
    }

    void end(Running running) {
        byId.remove(running.id(), running);
        lock.lock();
        try {
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Has the engine stop a query, and returns at once. The engine notices only while the query's result is being
    /// read.
    void kill(Running running) {
        if (dying.add(running)) {
            Thread.ofPlatform()
                    .name("kill")
                    .stackSize(HttpServer.STACK_BYTES)
                    .daemon()
                    .start(() -> killUntilEnded(running));
        }
    }

    /// Asks again and again: a query that has just begun is not found at once.
    ///
    /// The engine drops comments, and the mark with them, from a statement that has parameters. Such a query is
    /// found if its client gave its query id as its `log_comment` too, as an exporter does.
    private void killUntilEnded(Running running) {
        try (Chdb.Connection connection = engine.connect()) {
            while (byId.containsValue(running)) {
                connection.query(
                        "KILL QUERY WHERE position(query, concat('%s', '%s')) > 0 OR Settings['log_comment'] = %s ASYNC"
                                .formatted(MARK, running.mark(), Sql.text(running.id())),
                        "Null");
                awaitEnd(List.of(running), BETWEEN_KILLS);
            }
        } finally {
            dying.remove(running);
        }
    }

    /// Runs `KILL QUERY` as a client wrote it.
    Chdb.Answer kill(Chdb.Connection connection, String sql, String format) {
        List<Token> tokens = Token.all(sql);
        boolean waits = false;
        StringBuilder rewritten = new StringBuilder(sql);
        for (Token token : tokens.reversed()) {
            if (isQueryId(token)) {
                rewritten.replace(token.start(), token.end(), idExpression());
            } else if (token.depth() == 0 && token.is("SYNC")) {
                // The engine's own SYNC was seen to hang.
                rewritten.replace(token.start(), token.end(), "ASYNC");
                waits = true;
            }
        }
        List<Running> matching = waits ? matching(connection, rewritten.toString()) : List.of();
        Chdb.Answer answer = connection.query(rewritten.toString(), format);
        if (answer.error().isEmpty()) {
            awaitEnd(matching, LONGEST_WAIT);
        }
        return answer;
    }

    private static boolean isQueryId(Token token) {
        return token.is("query_id")
                || (token.kind() == Token.Kind.QUOTED_NAME
                        && token.text().substring(1).startsWith("query_id")
                        && token.text().length() == "query_id".length() + 2);
    }

    /// The client's query id, computed from a row of `system.processes`.
    private String idExpression() {
        List<Running> all = List.copyOf(byId.values());
        if (all.isEmpty()) {
            return "query_id";
        }
        return "transform(extract(query, '%s([0-9a-f-]{36})'), [%s], [%s], query_id)"
                .formatted(
                        MARK,
                        all.stream().map(running -> Sql.text(running.mark())).collect(Collectors.joining(", ")),
                        all.stream().map(running -> Sql.text(running.id())).collect(Collectors.joining(", ")));
    }

    /// The queries that a rewritten `KILL QUERY WHERE <condition> ASYNC` is about.
    private List<Running> matching(Chdb.Connection connection, String kill) {
        List<Token> tokens = Token.all(kill);
        int from = -1;
        int to = kill.length();
        for (Token token : tokens) {
            if (token.depth() == 0 && token.is("WHERE") && from < 0) {
                from = token.end();
            } else if (token.depth() == 0 && token.is("ASYNC")) {
                to = token.start();
            }
        }
        if (from < 0) {
            return List.of();
        }
        Chdb.Answer answer = connection.query(
                "SELECT extract(query, '%s([0-9a-f-]{36})') FROM system.processes WHERE %s"
                        .formatted(MARK, kill.substring(from, to)),
                "TSVRaw");
        List<String> marks = answer.text().lines().toList();
        return byId.values().stream()
                .filter(running -> marks.contains(running.mark()))
                .toList();
    }

    private void awaitEnd(List<Running> queries, Duration atMost) {
        long remaining = atMost.toNanos();
        lock.lock();
        try {
            while (remaining > 0 && queries.stream().anyMatch(byId::containsValue)) {
                remaining = ended.awaitNanos(Math.min(remaining, TimeUnit.SECONDS.toNanos(1)));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
