package dev.batchexports.server.workflow;

import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import io.temporal.common.Priority;
import java.time.Duration;

/// Which tasks a worker gets first when there are more than it can take: those of schedules and retries
/// before those of backfills, so that a backfill never starves what is due now; and among those of the same rank
/// one of each project in turn, so that no project starves another.
///
/// The turns are Temporal's fairness, which its server has to have switched on (`matching.enableFairness`); without
/// it, whoever came first goes first.
final class Priorities {
    private static final int FIRST = 2;
    private static final int LAST = 4;

    /// A run of the schedule that begins later than this catches up.
    private static final Duration LATE = Duration.ofHours(2);

    private Priorities() {}

    /// As [#of(RunTrigger,BatchExport)], but what the schedule catches up comes last.
    static Priority of(Run run, BatchExport export) {
        boolean late = run.trigger() == RunTrigger.SCHEDULE
                && run.scheduledAt().plus(LATE).isBefore(run.createdAt());
        return of(late ? RunTrigger.BACKFILL : run.trigger(), export);
    }

    static Priority of(RunTrigger trigger, BatchExport export) {
        return Priority.newBuilder()
                .setPriorityKey(key(trigger))
                .setFairnessKey(Long.toString(export.projectId()))
                .build();
    }

    /// For the runs of a backfill, which have their turn with its project: they inherit it.
    static Priority ofBackfilledRuns() {
        return Priority.newBuilder().setPriorityKey(key(RunTrigger.BACKFILL)).build();
    }

    private static int key(RunTrigger trigger) {
        return switch (trigger) {
            case SCHEDULE, RETRY -> FIRST;
            case BACKFILL -> LAST;
        };
    }
}
