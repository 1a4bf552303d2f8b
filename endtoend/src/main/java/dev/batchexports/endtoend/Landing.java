package dev.batchexports.endtoend;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/// Rows that land all the time, in batches of random size with random delays.
final class Landing implements AutoCloseable {
    /// How much earlier than it is inserted a row may land.
    static final Duration MOST_LATE = Duration.ofMillis(1_500);

    private final Table table;
    private final long project;
    private final Random random;
    private final Map<String, Instant> acknowledged = new ConcurrentHashMap<>();
    private final Thread thread = Thread.ofVirtual().unstarted(this::run);
    private volatile boolean closed;

    Landing(Table table, long project, Random random) {
        this.table = table;
        this.project = project;
        this.random = random;
    }

    void start() {
        thread.start();
    }

    /// When a batch could be read at the latest; [Instant#MAX] when nobody knows, because the insert
    /// failed half-way.
    Instant visibleAt(String event) {
        return acknowledged.getOrDefault(event, Instant.MAX);
    }

    private void run() {
        for (int batch = 0; !closed; batch++) {
            String event = "batch-" + batch;
            try {
                table.insertLanding(project, event, 1 + random.nextInt(400), MOST_LATE);
                acknowledged.put(event, Instant.now());
            } catch (RuntimeException | AssertionError e) {
                // Whether the rows are there only ClickHouse knows: the checker asks it.
            }
            try {
                Thread.sleep(20 + random.nextInt(400));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(Duration.ofMinutes(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
