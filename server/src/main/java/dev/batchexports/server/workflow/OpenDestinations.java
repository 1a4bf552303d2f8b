package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.exports.DestinationSettings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps destinations open from one stage of a run to the next: opening one means a client, credentials, connections
/// and their encryption anew, which is most of what a small run costs.
///
/// What is open belongs to the settings that it was opened with: after a change of the export another is opened.
/// Whether its endpoint is allowed is asked every time. What nobody has used for a while is closed, and its secrets
/// with it are no longer held. Thread-safe.
final class OpenDestinations implements AutoCloseable {
    static final Duration LONGEST_IDLE = Duration.ofMinutes(2);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(30);
    private static final int MOST_IDLE = 32;

    private static final Logger LOG = LoggerFactory.getLogger(OpenDestinations.class);

    private final DestinationCatalog catalog;
    private final InstantSource clock;
    private final Map<Key, Entry> open = new HashMap<>();
    private final ScheduledExecutorService looks =
            Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());

    private record Key(UUID exportId, DestinationSettings settings, DestinationLimits limits) {}

    private static final class Entry {
        private final Key key;
        private final Destination destination;
        private int users;
        private Instant idleSince = Instant.MAX;

        Entry(Key key, Destination destination) {
            this.key = key;
            this.destination = destination;
        }
    }

    OpenDestinations(DestinationCatalog catalog, InstantSource clock) {
        this.catalog = catalog;
        this.clock = clock;
        ScheduledFuture<?> _ = looks.scheduleWithFixedDelay(
                this::look, BETWEEN_LOOKS.toSeconds(), BETWEEN_LOOKS.toSeconds(), TimeUnit.SECONDS);
    }

    /// Whether what is exported again replaces what is there, whatever the export's mode.
    boolean alwaysReplace(DestinationSettings settings) {
        return catalog.type(settings.type()).alwaysReplaces();
    }

    /// The right to use an open destination until it is closed.
    final class Lease implements AutoCloseable {
        private final Entry entry;

        private Lease(Entry entry) {
            this.entry = entry;
        }

        Destination destination() {
            return entry.destination;
        }

        @Override
        public void close() {
            giveBack(entry);
        }
    }

    /// Opens the destination of an export, or takes the one that is open.
    ///
    /// @throws dev.batchexports.core.error.ExportException when its endpoint has become one that is not allowed
    Lease open(UUID exportId, DestinationSettings settings, DestinationLimits limits) {
        catalog.requireAllowed(settings);
        Key key = new Key(exportId, settings, limits);
        synchronized (this) {
            Entry entry = open.get(key);
            if (entry == null) {
                entry = new Entry(key, catalog.open(exportId, settings, limits));
                open.put(key, entry);
            }
            entry.users++;
            return new Lease(entry);
        }
    }

    private void giveBack(Entry entry) {
        synchronized (this) {
            entry.users--;
            entry.idleSince = clock.instant();
        }
        closeIdle();
    }

    private void look() {
        try {
            closeIdle();
        } catch (RuntimeException e) {
            LOG.warn("A destination that was idle could not be closed", e);
        }
    }

    /// Closes what nobody uses: for too long, or as one of too many.
    void closeIdle() {
        List<Entry> unwanted;
        synchronized (this) {
            unwanted = unwanted();
            unwanted.forEach(each -> open.remove(each.key));
        }
        unwanted.forEach(each -> each.destination.close());
    }

    private List<Entry> unwanted() {
        Instant oldest = clock.instant().minus(LONGEST_IDLE);
        List<Entry> idle = new ArrayList<>(
                open.values().stream().filter(entry -> entry.users == 0).toList());
        idle.sort(Comparator.comparing(entry -> entry.idleSince));
        List<Entry> unwanted = new ArrayList<>();
        for (int index = 0; index < idle.size(); index++) {
            boolean tooMany = idle.size() - index > MOST_IDLE;
            if (tooMany || idle.get(index).idleSince.isBefore(oldest)) {
                unwanted.add(idle.get(index));
            }
        }
        return unwanted;
    }

    @Override
    public void close() {
        looks.shutdownNow();
        List<Entry> all;
        synchronized (this) {
            all = List.copyOf(open.values());
            open.clear();
        }
        all.forEach(entry -> entry.destination.close());
    }
}
