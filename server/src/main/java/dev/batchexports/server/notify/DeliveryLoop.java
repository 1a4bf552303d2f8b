package dev.batchexports.server.notify;

import dev.batchexports.server.Settings;
import dev.batchexports.server.store.Leadership;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Empties the outbox, in one process at a time.
///
/// A message counts as delivered once the receiver has said so and that is stored. A process that dies in
/// between leaves the message as it was, and it is sent again, with the same `webhook-id`: at least once,
/// and a receiver that remembers ids sees it once.
final class DeliveryLoop implements SmartLifecycle {
    private static final int AT_ONCE = 32;
    private static final Duration CLEANING = Duration.ofHours(1);
    private static final Duration GOODBYE = Duration.ofSeconds(2);
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryLoop.class);

    private final WebhookStore store;
    private final WebhookService webhooks;
    private final Leadership leadership;
    private final NotifySettings settings;
    private final Settings.Role role;
    private final Clock clock;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean running;
    private Instant nextCleaning = Instant.MIN;

    DeliveryLoop(
            WebhookStore store,
            WebhookService webhooks,
            Leadership leadership,
            NotifySettings settings,
            Settings.Role role,
            Clock clock) {
        this.store = store;
        this.webhooks = webhooks;
        this.leadership = leadership;
        this.settings = settings;
        this.role = role;
        this.clock = clock;
    }

    @Override
    public boolean isAutoStartup() {
        return role != Settings.Role.WORKER;
    }

    @Override
    public void start() {
        running = true;
        Thread.ofVirtual().name("webhooks").start(this::loop);
    }

    private void loop() {
        try {
            do {
                round();
            } while (!stopped.await(settings.interval().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private void round() {
        try {
            leadership.ifNobodyElse(this::deliverWhatIsDue);
        } catch (RuntimeException e) {
            LOG.error("A round of deliveries failed; the next one follows", e);
        }
    }

    /// Sends all messages that are due, so that a slow receiver keeps others waiting for one time-out at most.
    private void deliverWhatIsDue() {
        boolean more = true;
        while (more && stopped.getCount() > 0) {
            List<Delivery> due = store.due(now(), AT_ONCE);
            more = !due.isEmpty() && deliver(due);
            if (!clock.instant().isBefore(nextCleaning)) {
                store.deleteOlderThan(now().minus(settings.retention()));
                nextCleaning = clock.instant().plus(CLEANING);
            }
        }
    }

    /// @return whether each attempt is recorded; the others would be due again at once
    private boolean deliver(List<Delivery> due) {
        AtomicBoolean recorded = new AtomicBoolean(true);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Delivery delivery : due) {
                threads.execute(() -> {
                    try {
                        webhooks.deliver(delivery);
                    } catch (RuntimeException e) {
                        LOG.error("The message {} could not be handled; it stays in the outbox", delivery.id(), e);
                        recorded.set(false);
                    }
                });
            }
        }
        return recorded.get();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    @Override
    public void stop() {
        running = false;
        stopped.countDown();
        try {
            if (!ended.await(GOODBYE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("A round of deliveries is cut short; what was under way is sent again");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
