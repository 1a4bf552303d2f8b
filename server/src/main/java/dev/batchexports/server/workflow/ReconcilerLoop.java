package dev.batchexports.server.workflow;

import dev.batchexports.server.Settings;
import dev.batchexports.server.store.Leadership;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Does something again and again, in one process at a time: the [Reconciler] and the [LateRowsRound].
final class ReconcilerLoop implements SmartLifecycle {
    private static final Duration GOODBYE = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(ReconcilerLoop.class);

    private final String name;
    private final Runnable work;
    private final Leadership leadership;
    private final Duration interval;
    private final Settings.Role role;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean running;
    private boolean reachable = true;

    /// @param name of its thread
    /// @param work one round
    ReconcilerLoop(String name, Runnable work, Leadership leadership, Duration interval, Settings.Role role) {
        this.name = name;
        this.work = work;
        this.leadership = leadership;
        this.interval = interval;
        this.role = role;
    }

    @Override
    public boolean isAutoStartup() {
        return role != Settings.Role.WORKER;
    }

    @Override
    public void start() {
        running = true;
        Thread.ofVirtual().name(name).start(this::loop);
    }

    private void loop() {
        try {
            do {
                round();
            } while (!stopped.await(interval.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private void round() {
        try {
            leadership.ifNobodyElse(work);
            if (!reachable) {
                LOG.info("Temporal can be reached again");
            }
            reachable = true;
        } catch (OrchestrationUnavailableException e) {
            if (reachable) {
                LOG.warn("Temporal cannot be reached; schedules and runs are reconciled when it can");
            }
            reachable = false;
        } catch (RuntimeException e) {
            LOG.error("A round of the {} failed; the next one follows", name, e);
        }
    }

    @Override
    public void stop() {
        running = false;
        stopped.countDown();
        try {
            if (!ended.await(GOODBYE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("A round of the {} is cut short", name);
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
