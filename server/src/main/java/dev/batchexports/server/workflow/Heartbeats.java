package dev.batchexports.server.workflow;

import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCanceledException;
import io.temporal.client.ActivityCompletionException;
import io.temporal.client.ActivityWorkerShutdownException;
import io.temporal.failure.TimeoutFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells Temporal every few seconds that an activity is alive, from a thread of its own, so that a stage
/// that blocks for long is not taken for dead; and stops the stage when Temporal says so.
///
/// The executing thread is interrupted. It runs on a virtual thread, where an interrupt also breaks
/// socket reads and writes. A stage that does not give way within [#GRACE] is no longer reported as
/// alive, so that Temporal gives the attempt up after its heartbeat timeout.
final class Heartbeats implements StageWatch, AutoCloseable {
    static final Duration INTERVAL = Duration.ofSeconds(3);
    static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final Duration GRACE = Duration.ofSeconds(20);
    private static final Duration LONGEST_STALL = Duration.ofMinutes(10);
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeats.class);

    /// What a cancellation of the run means for a stage that is under way.
    enum Cancellation {
        STOPS_IT,
        /// The attempt is brought to its end, but not followed by another.
        LETS_IT_FINISH
    }

    /// What a heartbeat carries, for whoever looks at the pending activity.
    ///
    /// @param slice -1 for a stage without slices
    record Details(int slice, long bytes) {}

    private final ActivityExecutionContext context;
    private final Thread stage = Thread.currentThread();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Object lock = new Object();
    private volatile Cancellation cancellation;
    private volatile boolean cancelled;
    private volatile @Nullable SliceMeter meter;
    private volatile @Nullable StopReason reason;
    private volatile @Nullable ActivityCompletionException ending;

    private Heartbeats(ActivityExecutionContext context, Cancellation cancellation) {
        this.context = context;
        this.cancellation = cancellation;
    }

    /// Begins to beat for the activity of the calling thread.
    static Heartbeats begin(ActivityExecutionContext context, Cancellation cancellation) {
        Heartbeats heartbeats = new Heartbeats(context, cancellation);
        Thread.ofVirtual()
                .name("heartbeats-" + context.getInfo().getActivityId())
                .start(heartbeats::beatUntilClosed);
        return heartbeats;
    }

    @Override
    public Meter slice(int number, LongConsumer store) {
        SliceMeter next = new SliceMeter(number, store);
        meter = next;
        return next;
    }

    @Override
    public Optional<StopReason> stopped() {
        return Optional.ofNullable(reason);
    }

    @Override
    public void letFinish() {
        synchronized (lock) {
            StopReason known = reason;
            if (known != null) {
                throw new StageStoppedException(known);
            }
            cancellation = Cancellation.LETS_IT_FINISH;
        }
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    /// What Temporal answered to the heartbeat that stopped the stage.
    Optional<ActivityCompletionException> ending() {
        return Optional.ofNullable(ending);
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed.countDown();
            if (reason != null) {
                // The interrupt was meant for the stage, which is over.
                Thread.interrupted();
            }
        }
    }

    private void beatUntilClosed() {
        long giveWayBefore = Long.MAX_VALUE;
        try {
            // Most stages are over before the first beat, and need none.
            while (!closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                beat();
                if (reason != null) {
                    giveWayBefore = Math.min(giveWayBefore, System.nanoTime() + GRACE.toNanos());
                    interruptStage();
                }
                if (System.nanoTime() > giveWayBefore) {
                    LOG.warn("An activity does not stop; it is no longer reported as alive");
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void beat() {
        SliceMeter current = meter;
        try {
            context.heartbeat(current == null ? new Details(-1, 0) : new Details(current.number, current.bytes.get()));
        } catch (ActivityWorkerShutdownException e) {
            stop(StopReason.WORKER_STOPPING, e);
        } catch (ActivityCanceledException e) {
            if (e.getCause() instanceof TimeoutFailure) {
                stop(StopReason.ABANDONED, e);
            } else {
                cancelled(e);
            }
        } catch (ActivityCompletionException e) {
            stop(StopReason.ABANDONED, e);
        } catch (RuntimeException e) {
            LOG.warn("A heartbeat failed; the next one follows", e);
        }
        if (current != null) {
            current.storeAside();
            if (current.hasStalled()) {
                stop(StopReason.STALLED, null);
            }
        }
    }

    /// A stage that has been told that it may finish is not stopped by a cancellation that comes later.
    private void cancelled(ActivityCanceledException answer) {
        synchronized (lock) {
            cancelled = true;
            if (cancellation == Cancellation.STOPS_IT) {
                stop(StopReason.CANCELLED, answer);
            }
        }
    }

    private void stop(StopReason why, @Nullable ActivityCompletionException answer) {
        synchronized (lock) {
            if (reason == null && closed.getCount() > 0) {
                reason = why;
                ending = answer;
            }
        }
    }

    private void interruptStage() {
        synchronized (lock) {
            if (closed.getCount() > 0) {
                stage.interrupt();
            }
        }
    }

    private final class SliceMeter implements Meter {
        private final int number;
        private final LongConsumer store;
        private final AtomicLong bytes = new AtomicLong();
        private volatile long lastMoved = System.nanoTime();
        private final AtomicBoolean storing = new AtomicBoolean();
        private volatile long stored;

        SliceMeter(int number, LongConsumer store) {
            this.number = number;
            this.store = store;
        }

        @Override
        public void advanced(long count) {
            bytes.addAndGet(count);
            lastMoved = System.nanoTime();
        }

        @Override
        public void read() {
            lastMoved = System.nanoTime();
        }

        boolean hasStalled() {
            return System.nanoTime() - lastMoved > LONGEST_STALL.toNanos();
        }

        /// Stores progress in a thread of its own: a slow database must not make the stage look dead.
        void storeAside() {
            long now = bytes.get();
            if (now == stored || !storing.compareAndSet(false, true)) {
                return;
            }
            Thread.ofVirtual().name("progress-" + number).start(() -> {
                try {
                    store.accept(now);
                    stored = now;
                } catch (RuntimeException e) {
                    LOG.debug("Progress was not stored; the next heartbeat stores it", e);
                } finally {
                    storing.set(false);
                }
            });
        }

        @Override
        public void close() {
            meter = null;
        }
    }
}
