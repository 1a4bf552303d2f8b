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

/// Keeps destinations open from one stage of a run to the next: opening one means a client, credentials, connections
/// and their encryption anew, which is most of what a small run costs.
///
/// What is open belongs to the settings that it was opened with: after a change of the export another is opened.
/// Whether its endpoint is allowed is asked every time. Thread-safe.
final class OpenDestinations implements AutoCloseable {
    private static final Duration LONGEST_IDLE = Duration.ofMinutes(2);
    private static final int MOST_IDLE = 32;

    private final DestinationCatalog catalog;
    private final InstantSource clock;
    private final Map<Key, Entry> open = new HashMap<>();

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
        List<Entry> unwanted;
        synchronized (this) {
            entry.users--;
            entry.idleSince = clock.instant();
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
        List<Entry> all;
        synchronized (this) {
            all = List.copyOf(open.values());
            open.clear();
        }
        all.forEach(entry -> entry.destination.close());
    }
}
