package dev.batchexports.server.workflow;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.workflow.BackfillInput.BackfillTicket;
import dev.batchexports.server.workflow.Heartbeats.Cancellation;
import io.temporal.failure.ApplicationErrorCategory;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Hands the activities on to [BackfillExecution].
final class BackfillActivitiesImplementation implements BackfillActivities {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final BackfillExecution execution;

    BackfillActivitiesImplementation(BackfillExecution execution) {
        this.execution = execution;
    }

    @Override
    public BackfillTicket begin(UUID backfillId) {
        return ActivityCalls.executeWithHeartbeats(
                Cancellation.STOPS_IT, reported(backfillId, (attempt, watch) -> execution.begin(backfillId)));
    }

    @Override
    public Page page(UUID backfillId, @Nullable Instant after) {
        return ActivityCalls.executeWithHeartbeats(
                Cancellation.STOPS_IT,
                reported(backfillId, (attempt, watch) -> execution.page(backfillId, after, attempt.number())));
    }

    /// An error that is not retried ends the backfill, and is logged where users look.
    private <T> ActivityCalls.Work<T> reported(UUID backfillId, ActivityCalls.Work<T> work) {
        return (attempt, watch) -> {
            try {
                return work.execute(attempt, watch);
            } catch (RuntimeException e) {
                ExportException error = Failures.classify(e);
                if (!error.kind().isRetryable()) {
                    execution.logFailure(backfillId, error);
                }
                throw error;
            }
        };
    }

    @Override
    public Taken awaitInterval(UUID backfillId, Instant boundary) {
        return ActivityCalls.execute(() -> execution.interval(backfillId, boundary))
                .orElseThrow(() -> ApplicationFailure.newBuilder()
                        .setType("IntervalBusy")
                        .setMessage("another run of this interval is under way")
                        .setNextRetryDelay(LOOK_AGAIN)
                        .setCategory(ApplicationErrorCategory.BENIGN)
                        .build());
    }

    @Override
    public void paused(UUID backfillId) {
        ActivityCalls.execute(() -> {
            execution.paused(backfillId);
            return null;
        });
    }

    @Override
    public void resumed(UUID backfillId) {
        ActivityCalls.execute(() -> {
            execution.resumed(backfillId);
            return null;
        });
    }

    @Override
    public void finish(UUID backfillId, BackfillOutcome outcome) {
        ActivityCalls.execute(() -> {
            execution.finish(backfillId, outcome);
            return null;
        });
    }
}
