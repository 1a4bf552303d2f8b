package dev.batchexports.server.monitor;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/// Tells listeners what changes, whichever process changes it: it looks at the database every second while
/// anybody listens.
///
/// A change that was made a moment ago by another process may become visible late. So each look goes back
/// further than the one before it, and what was told already is not told again.
@Component
public class ChangeFeed implements SmartLifecycle {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration LATEST_TO_BECOME_VISIBLE = Duration.ofSeconds(10);
    private static final Duration LONGEST_RESUME = Duration.ofMinutes(15);
    private static final int MAXIMUM = 2_000;
    private static final Logger LOG = LoggerFactory.getLogger(ChangeFeed.class);

    /// What wants to hear of the changes of a project. Its methods are called by one thread at a time.
    public interface Listener {
        long projectId();

        void changed(Change change);

        /// Called every second, whether anything has changed or not.
        void tick();

        /// There will be no further call.
        void end();
    }

    private final MonitorStore store;
    private final Clock clock;
    private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean running;

    ChangeFeed(MonitorStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /// Adds a listener, which first hears of what has changed since a time, at most of a quarter of an hour.
    ///
    /// @param since null for now
    public void listen(Listener listener, @Nullable Instant since) {
        if (since != null) {
            Instant earliest = clock.instant().minus(LONGEST_RESUME);
            Instant from = since.minus(LATEST_TO_BECOME_VISIBLE);
            store.changes(from.isBefore(earliest) ? earliest : from, MAXIMUM).stream()
                    .filter(change -> change.projectId() == listener.projectId())
                    .forEach(listener::changed);
        }
        listeners.add(listener);
    }

    /// How many listen to the changes of a project in this process.
    public long listenersOf(long projectId) {
        return listeners.stream()
                .filter(listener -> listener.projectId() == projectId)
                .count();
    }

    public void forget(Listener listener) {
        listeners.remove(listener);
    }

    @Override
    public void start() {
        running = true;
        Thread.ofVirtual().name("change-feed").start(this::watch);
    }

    private void watch() {
        Map<UUID, Instant> told = new HashMap<>();
        boolean known = false;
        try {
            while (!stopped.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
                if (listeners.isEmpty()) {
                    known = false;
                    continue;
                }
                try {
                    List<Change> changes = store.changes(clock.instant().minus(LATEST_TO_BECOME_VISIBLE), MAXIMUM);
                    if (known) {
                        changes.stream()
                                .filter(change -> !change.at().equals(told.get(change.id())))
                                .forEach(this::tell);
                    }
                    told.clear();
                    changes.forEach(change -> told.put(change.id(), change.at()));
                    known = true;
                } catch (DataAccessException e) {
                    LOG.warn("changes cannot be read: {}", e.getMessage());
                }
                listeners.forEach(Listener::tick);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(Change change) {
        for (Listener listener : listeners) {
            if (listener.projectId() == change.projectId()) {
                listener.changed(change);
            }
        }
    }

    /// Ends all listeners, so that the web server does not wait for their connections.
    @Override
    public void stop() {
        running = false;
        stopped.countDown();
        listeners.forEach(Listener::end);
        listeners.clear();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
