package dev.batchexports.embedded.sample;

import dev.batchexports.embedded.EmbeddedException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Lets events land while it is open: each second, those of the second that has just passed.
///
/// While ClickHouse is away it goes on trying; the seconds it missed stay empty.
public final class LandingRows implements AutoCloseable {
    private static final Logger LOG = System.getLogger(LandingRows.class.getName());
    private static final Duration BEAT = Duration.ofSeconds(1);
    private static final Duration LONGEST_INSERT = Duration.ofSeconds(5);

    private final ClickHouseEndpoint endpoint;
    private final int rowsPerSecond;
    private final HttpClient client = HttpClient.newHttpClient();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicLong landed = new AtomicLong();
    private final Thread thread;

    LandingRows(ClickHouseEndpoint endpoint, int rowsPerSecond) {
        if (rowsPerSecond < 1) {
            throw new IllegalArgumentException("At least one row must land each second, not " + rowsPerSecond + ".");
        }
        this.endpoint = endpoint;
        this.rowsPerSecond = rowsPerSecond;
        this.thread = Thread.ofVirtual().name("landing-rows").start(this::land);
    }

    /// How many rows have landed so far.
    public long landed() {
        return landed.get();
    }

    private void land() {
        Instant from = Instant.now().truncatedTo(ChronoUnit.MICROS);
        try {
            while (!closed.await(BEAT.toMillis(), TimeUnit.MILLISECONDS)) {
                Instant until = Instant.now().truncatedTo(ChronoUnit.MICROS);
                long rows = Math.max(
                        1, rowsPerSecond * Duration.between(from, until).toMillis() / BEAT.toMillis());
                insert(
                        until.minus(BEAT).isAfter(from) ? until.minus(BEAT) : from,
                        until,
                        Math.min(rows, rowsPerSecond));
                from = until;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void insert(Instant from, Instant until, long rows) {
        try {
            endpoint.run(
                    client,
                    EventRows.statement(EventRows.Existing.NONE),
                    EventRows.parameters(from, until, rows, EventRows.Activity.EVEN));
            landed.addAndGet(rows);
            for (String statement : EventRows.derived()) {
                endpoint.run(client, statement, EventRows.span(from, until));
            }
        } catch (EmbeddedException failure) {
            LOG.log(Level.DEBUG, "No rows land this second.", failure);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            if (!thread.join(LONGEST_INSERT)) {
                thread.interrupt();
                thread.join();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        client.shutdownNow();
    }
}
