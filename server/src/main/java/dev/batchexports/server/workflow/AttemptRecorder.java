package dev.batchexports.server.workflow;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.Source;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.runs.StartedAttempt;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/// Executes one attempt of a stage and mirrors to the run's row what became of it: attempt number, last
/// error, time of the next attempt.
final class AttemptRecorder {
    static final RunError WORKER_LOST =
            new RunError("WorkerLost", "The worker that was at work stopped answering; another one goes on.", "", true);

    /// The slice of a stage without slices.
    static final int WHOLE_RUN = -1;

    private static final Logger LOG = LoggerFactory.getLogger(AttemptRecorder.class);

    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T execute(StartedAttempt attempt) throws InterruptedException;
    }

    private final RunStore runs;
    private final RunLog log;
    private final InstantSource clock;

    AttemptRecorder(RunStore runs, RunLog log, InstantSource clock) {
        this.runs = runs;
        this.log = log;
        this.clock = clock;
    }

    /// @param slice [#WHOLE_RUN] for a stage without slices
    /// @throws AttemptFailedException when the attempt failed: it is recorded by then
    /// @throws StageStoppedException when nobody wants the result any more
    <T extends @Nullable Object> T record(
            Run run, Stage stage, int slice, Attempt attempt, StageWatch watch, Work<T> work) {
        int number = attempt.number();
        try {
            StartedAttempt started = runs.attemptStarted(run.id(), stage.word(), slice, clock.instant());
            number = started.number();
            if (number > 1) {
                closeLostAttempts(run, stage, slice, number);
            }
            T result = work.execute(started);
            runs.attemptSucceeded(run.id(), stage.word(), slice, number, clock.instant());
            return result;
        } catch (Throwable failure) {
            Optional<StopReason> reason = watch.stopped();
            // An interrupt must not reach the database driver, which would close its connection.
            Thread.interrupted();
            ExportException error = reason.isPresent()
                    ? switch (reason.get()) {
                        case CANCELLED, ABANDONED -> throw new StageStoppedException(reason.get());
                        case STALLED ->
                            ExportException.passing("Stalled", "No data has moved for ten minutes.", failure);
                        case WORKER_STOPPING -> Failures.classify(new InterruptedException());
                    }
                    : Failures.classify(failure);
            Duration beforeNext = Backoff.after(number);
            failed(run, stage, slice, number, error, beforeNext, attempt.givesUpAt());
            throw new AttemptFailedException(error, beforeNext);
        }
    }

    private void closeLostAttempts(Run run, Stage stage, int slice, int number) {
        int lost = runs.closeLostAttempts(run.id(), stage.word(), slice, number, WORKER_LOST, clock.instant());
        if (lost > 0) {
            log.add(run, LogLevel.WARNING, stage, WORKER_LOST.message());
        }
    }

    private void failed(
            Run run,
            Stage stage,
            int slice,
            int number,
            ExportException error,
            Duration beforeNext,
            Instant givesUpAt) {
        Instant now = clock.instant();
        boolean retried = error.kind().isRetryable() && now.plus(beforeNext).isBefore(givesUpAt);
        try {
            runs.attemptFailed(
                    run.id(),
                    stage.word(),
                    slice,
                    number,
                    RunError.of(error),
                    retried ? now.plus(beforeNext) : null,
                    now);
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("A failed attempt of run {} was not recorded", run.id(), e);
        }
        if (retried) {
            // An attempt that is not followed by another ends the run, and is logged with its end.
            String what = slice == WHOLE_RUN ? "Attempt " : "Slice " + (slice + 1) + ", attempt ";
            log.add(
                    run,
                    LogLevel.WARNING,
                    stage,
                    "%s%d failed: %s Next attempt in %s%s."
                            .formatted(
                                    what,
                                    number,
                                    error.sentence(),
                                    RunLog.duration(beforeNext),
                                    error.code().equals(Source.MEMORY_LIMIT) ? ", with less memory" : ""));
        }
    }
}
