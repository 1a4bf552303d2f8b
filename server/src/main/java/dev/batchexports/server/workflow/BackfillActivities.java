package dev.batchexports.server.workflow;

import dev.batchexports.server.workflow.BackfillInput.BackfillTicket;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a backfill's workflow asks of the database and, for the earliest data, of the source.
@ActivityInterface
public interface BackfillActivities {
    /// A part of a backfill's intervals.
    ///
    /// @param boundaries that end those that need a run, oldest first
    /// @param more whether others follow
    /// @param next after which boundary the others follow
    record Page(List<Instant> boundaries, boolean more, Instant next) {}

    /// What became of an interval that somebody else was exporting.
    enum Taken {
        /// The backfill does not need it any more.
        COVERED,
        FREE
    }

    enum BackfillOutcome {
        DONE,
        CANCELLED,
        /// It could not be begun or continued.
        FAILED
    }

    /// Finds out which intervals there are.
    @ActivityMethod(name = "backfill-begin")
    BackfillTicket begin(UUID backfillId);

    /// The intervals after a boundary that need a run. Intervals of this part that hold no rows are recorded
    /// as exported.
    ///
    /// @param after null for the first ones
    @ActivityMethod(name = "backfill-page")
    Page page(UUID backfillId, @Nullable Instant after);

    /// Waits until the interval's other run has ended: fails, to be tried again, while it has not.
    @ActivityMethod(name = "backfill-wait")
    Taken awaitInterval(UUID backfillId, Instant boundary);

    @ActivityMethod(name = "backfill-paused")
    void paused(UUID backfillId);

    @ActivityMethod(name = "backfill-resumed")
    void resumed(UUID backfillId);

    @ActivityMethod(name = "backfill-finish")
    void finish(UUID backfillId, BackfillOutcome outcome);
}
