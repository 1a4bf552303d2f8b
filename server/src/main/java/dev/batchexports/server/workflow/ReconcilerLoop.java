package dev.batchexports.server.workflow;

import dev.batchexports.server.Settings;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Executes the [Reconciler] every few seconds, in one process at a time.
final class ReconcilerLoop implements SmartLifecycle {
    private static final Duration GOODBYE = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(ReconcilerLoop.class);

    private final Reconciler reconciler;
    private final Leadership leadership;
    private final Duration interval;
    private final Settings.Role role;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean running;
    private boolean reachable = true;

    ReconcilerLoop(Reconciler reconciler, Leadership leadership, Duration interval, Settings.Role role) {
        this.reconciler = reconciler;
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
        Thread.ofVirtual().name("reconciler").start(this::loop);
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
            leadership.ifNobodyElse(reconciler::reconcile);
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
            LOG.error("A round of the reconciler failed; the next one follows", e);
        }
    }

    @Override
    public void stop() {
        running = false;
        stopped.countDown();
        try {
            if (!ended.await(GOODBYE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("A round of the reconciler is cut short");
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
