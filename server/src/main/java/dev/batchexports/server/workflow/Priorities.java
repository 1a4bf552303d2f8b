package dev.batchexports.server.workflow;

import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.runs.Run;
import io.temporal.common.Priority;
import java.time.Duration;

/// Which tasks a worker gets first when there are more than it can take: those of schedules and retries
/// before those of backfills, so that a backfill never starves what is due now.
final class Priorities {
    private static final int FIRST = 2;
    private static final int LAST = 4;

    /// A run of the schedule that begins later than this catches up.
    private static final Duration LATE = Duration.ofHours(2);

    private Priorities() {}

    /// As [#of(RunTrigger)], but what the schedule catches up comes last.
    static Priority of(Run run) {
        boolean late = run.trigger() == RunTrigger.SCHEDULE
                && run.scheduledAt().plus(LATE).isBefore(run.createdAt());
        return of(late ? RunTrigger.BACKFILL : run.trigger());
    }

    static Priority of(RunTrigger trigger) {
        int key = switch (trigger) {
            case SCHEDULE, RETRY -> FIRST;
            case BACKFILL -> LAST;
        };
        return Priority.newBuilder().setPriorityKey(key).build();
    }
}
