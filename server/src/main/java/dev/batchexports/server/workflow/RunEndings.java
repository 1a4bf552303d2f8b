package dev.batchexports.server.workflow;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.backfills.BackfillRunStore;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportHealthStore;
import dev.batchexports.server.exports.ExportHealthStore.Failures;
import dev.batchexports.server.exports.ExportStatus;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.notify.Notification;
import dev.batchexports.server.notify.Outbox;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.RunStore;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionTemplate;

/// What the end of a run changes beside the run, in one transaction: the figures of its backfill, the health
/// of its export, and who is told. Knows nothing of Temporal.
final class RunEndings {
    /// Others may change the export at the same time.
    private static final int ATTEMPTS = 5;

    private final ExportStore exports;
    private final RunStore runs;
    private final BackfillRunStore backfillRuns;
    private final ExportHealthStore health;
    private final Outbox outbox;
    private final RunLog log;
    private final TransactionTemplate transactions;
    private final InstantSource clock;

    RunEndings(
            ExportStore exports,
            RunStore runs,
            BackfillRunStore backfillRuns,
            ExportHealthStore health,
            Outbox outbox,
            RunLog log,
            TransactionTemplate transactions,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.backfillRuns = backfillRuns;
        this.health = health;
        this.outbox = outbox;
        this.log = log;
        this.transactions = transactions;
        this.clock = clock;
    }

    /// Ends a run.
    ///
    /// @param recountAt when its rows are counted again if it completed; null for never
    /// @return the run as it is now; empty when it had ended before: then nothing has changed
    Optional<Run> end(Run run, RunStatus status, @Nullable RunError error, @Nullable Instant recountAt) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return Objects.requireNonNull(transactions.execute(transaction -> {
            Optional<Run> finished = runs.finish(run.id(), status, error, recountAt, now);
            finished.ifPresent(ended -> {
                if (ended.backfillId() != null) {
                    backfillRuns.count(ended, ended.backfillId(), now);
                } else {
                    judge(ended, now);
                }
            });
            return finished;
        }));
    }

    /// Judges the export by a run that belongs to no backfill. A run that somebody stopped says nothing.
    private void judge(Run ended, Instant now) {
        switch (ended.status()) {
            case COMPLETED ->
                health.countSuccess(ended.exportId())
                        .ifPresent(since -> outbox.add(Notification.recovered(export(ended), ended, since, now)));
            case FAILED, TIMED_OUT -> failed(export(ended), ended, now);
            case CANCELLED, TERMINATED -> {}
            case STARTING, RUNNING -> throw new IllegalStateException("the run has not ended");
        }
    }

    private BatchExport export(Run run) {
        return exports.find(run.exportId()).orElseThrow();
    }

    private void failed(BatchExport export, Run ended, Instant now) {
        Failures failures = health.countFailure(export.id(), now);
        if (failures.failingSince().equals(now)) {
            outbox.add(Notification.failing(export, ended, now));
        }
        int limit = export.pauseAfterFailures();
        if (limit == 0 || failures.inRow() < limit) {
            return;
        }
        String reason = reason(failures.inRow(), ended);
        if (pause(export.id(), reason, now)) {
            outbox.add(Notification.paused(export, ended, reason, now));
            log.add(export.id(), LogLevel.ERROR, "pause", "Paused: " + reason);
        }
    }

    /// The schedule follows with the next round of the reconciler.
    ///
    /// @return false when it was paused, ended or deleted already
    private boolean pause(UUID exportId, String reason, Instant now) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            BatchExport export = exports.find(exportId).orElseThrow();
            if (export.deletedAt() != null || export.status(now) != ExportStatus.ACTIVE) {
                return false;
            }
            if (exports.update(export.pausedBecause(reason, now)).isPresent()) {
                return true;
            }
        }
        throw new IllegalStateException("the export " + exportId + " is being changed again and again");
    }

    private static String reason(int failures, Run last) {
        String counted = failures == 1 ? "A run failed." : failures + " runs in a row failed.";
        return Optional.ofNullable(last.latestError())
                .map(error -> "%s The last error (%s): %s %s"
                        .formatted(counted, error.code(), error.message(), error.fix())
                        .strip())
                .map(reason -> reason + " Then unpause the batch export.")
                .orElse(counted + " Look at the log of the last one, then unpause the batch export.");
    }
}
