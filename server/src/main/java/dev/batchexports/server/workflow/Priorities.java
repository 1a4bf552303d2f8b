package dev.batchexports.server.workflow;

import dev.batchexports.core.run.RunTrigger;
import io.temporal.common.Priority;

/// Which tasks a worker gets first when there are more than it can take: those of schedules and retries
/// before those of backfills, so that a backfill never starves what is due now.
final class Priorities {
    private static final int FIRST = 2;
    private static final int LAST = 4;

    private Priorities() {}

    static Priority of(RunTrigger trigger) {
        int key = switch (trigger) {
            case SCHEDULE, RETRY -> FIRST;
            case BACKFILL -> LAST;
        };
        return Priority.newBuilder().setPriorityKey(key).build();
    }
}
