package dev.batchexports.embedded.clickhouse;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Connections that outlive a request, by session id: they keep settings and temporary tables.
final class Sessions implements AutoCloseable {
    private static final Duration LONGEST_TIMEOUT = Duration.ofHours(1);
    private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(60);

    /// A client that has read the end of an answer may be quicker with its next request than this side is with
    /// giving the session back.
    private static final Duration HANDOVER = Duration.ofMillis(500);

    private static final class Session {
        private final Chdb.Connection connection;
        private Duration timeout = USUAL_TIMEOUT;
        private Instant unusedSince = Instant.MAX;

        Session(Chdb.Connection connection) {
            this.connection = connection;
        }

        boolean inUse() {
            return unusedSince.equals(Instant.MAX);
        }
    }

    private final Engine engine;
    private final Map<String, Session> sessions = new HashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition givenBack = lock.newCondition();

    Sessions(Engine engine) {
        this.engine = engine;
    }

    /// Takes a session for one request, and opens it if it is new.
    ///
    /// @throws ClickHouseError if another request uses it, or if it must exist and does not
    Chdb.Connection take(HttpRequest request, String id) {
        lock.lock();
        try {
            closeExpired();
            awaitHandover(id);
            Session session = sessions.get(id);
            if (session == null) {
                if (request.parameter("session_check").orElse("").equals("1")) {
                    throw new ClickHouseError(372, "Session " + id + " not found", "SESSION_NOT_FOUND");
                }
                session = new Session(engine.connect());
                sessions.put(id, session);
            } else if (session.inUse()) {
                throw new ClickHouseError(
                        373, "Session " + id + " is locked by a concurrent client", "SESSION_IS_LOCKED");
            }
            session.unusedSince = Instant.MAX;
            session.timeout =
                    request.parameter("session_timeout").map(Sessions::timeout).orElse(USUAL_TIMEOUT);
            return session.connection;
        } finally {
            lock.unlock();
        }
    }

    private boolean isInUse(String id) {
        Session session = sessions.get(id);
        return session != null && session.inUse();
    }

    private void awaitHandover(String id) {
        long left = HANDOVER.toNanos();
        try {
            while (left > 0 && isInUse(id)) {
                left = givenBack.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    void giveBack(String id) {
        lock.lock();
        try {
            Session session = sessions.get(id);
            if (session != null) {
                session.unusedSince = Instant.now();
                givenBack.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void closeExpired() {
        Instant now = Instant.now();
        sessions.values().removeIf(session -> {
            boolean expired = !session.inUse()
                    && session.unusedSince.plus(session.timeout).isBefore(now);
            if (expired) {
                session.connection.close();
            }
            return expired;
        });
    }

    private static Duration timeout(String seconds) {
        try {
            Duration timeout = Duration.ofSeconds(Long.parseLong(seconds));
            if (!timeout.isNegative() && timeout.compareTo(LONGEST_TIMEOUT) <= 0) {
                return timeout;
            }
        } catch (NumberFormatException _) {
            // Reported below.
        }
        throw new ClickHouseError(374, "Invalid session timeout: '" + seconds + "'", "INVALID_SESSION_TIMEOUT");
    }

    @Override
    public void close() {
        lock.lock();
        try {
            sessions.values().forEach(session -> session.connection.close());
            sessions.clear();
        } finally {
            lock.unlock();
        }
    }
}
