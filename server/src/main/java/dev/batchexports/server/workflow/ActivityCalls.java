package dev.batchexports.server.workflow;

import dev.batchexports.server.workflow.Heartbeats.Cancellation;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.ActivityInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What every activity does around its work: heartbeats, and errors in the form that Temporal acts on.
final class ActivityCalls {
    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T execute(Attempt attempt, StageWatch watch) throws InterruptedException;
    }

    private ActivityCalls() {}

    /// Executes a short activity.
    static <T extends @Nullable Object> T execute(Supplier<T> work) {
        int attempt = Activity.getExecutionContext().getInfo().getAttempt();
        try {
            return work.get();
        } catch (RuntimeException e) {
            throw Failures.toTemporal(Failures.classify(e), Backoff.after(attempt));
        }
    }

    /// Executes an activity that may take long: it beats meanwhile and stops when Temporal says so.
    ///
    /// @param cancellation whether that includes a cancellation of the run
    static <T extends @Nullable Object> T executeWithHeartbeats(Cancellation cancellation, Work<T> work) {
        ActivityExecutionContext context = Activity.getExecutionContext();
        Attempt attempt = attempt(context.getInfo());
        try (Heartbeats heartbeats = Heartbeats.begin(context, cancellation)) {
            try {
                return work.execute(attempt, heartbeats);
            } catch (StageStoppedException e) {
                throw heartbeats.ending().orElseThrow(() -> e);
            } catch (InterruptedException e) {
                throw interrupted(heartbeats, attempt, e);
            } catch (AttemptFailedException e) {
                throw Failures.toTemporal(e.error(), e.beforeNext());
            } catch (RuntimeException e) {
                throw Failures.toTemporal(Failures.classify(e), Backoff.after(attempt.number()));
            }
        }
    }

    private static RuntimeException interrupted(Heartbeats heartbeats, Attempt attempt, InterruptedException failure) {
        StopReason reason = heartbeats.stopped().orElse(StopReason.WORKER_STOPPING);
        return switch (reason) {
            case CANCELLED, ABANDONED -> heartbeats.ending().orElseThrow();
            case STALLED, WORKER_STOPPING ->
                Failures.toTemporal(Failures.classify(failure), Backoff.after(attempt.number()));
        };
    }

    private static Attempt attempt(ActivityInfo info) {
        Duration limit = info.getScheduleToCloseTimeout();
        Instant givesUpAt = limit.isZero()
                ? Instant.MAX
                : Instant.ofEpochMilli(info.getScheduledTimestamp()).plus(limit);
        return new Attempt(info.getAttempt(), givesUpAt);
    }
}
