package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.StartedAttempt;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// What a run shows of the attempts of its stages.
@TestInstance(Lifecycle.PER_CLASS)
class AttemptRecorderTest {
    private final ExportException busy = ExportException.passing("ShelfBusy", "The shelf is busy.", null);

    private final TestServer server = TestServer.start(
            new MemoryDestination(), TestServer.settings(Settings.Role.WORKER, Long.MAX_VALUE, TestServer.KEY));
    private final AttemptRecorder attempts =
            new AttemptRecorder(server.runs, server.bean(RunLog.class), InstantSource.system());
    private BatchExport export = server.memoryExport(1);
    private UUID runId = UUID.randomUUID();

    @AfterAll
    void stop() {
        server.close();
    }

    @BeforeEach
    void newRun() {
        export = server.stored(server.memoryExport(server.components.newProject()));
        Instant boundary = Instant.now().truncatedTo(ChronoUnit.HOURS);
        runId = server.runs
                .create(
                        new NewRun(
                                UUID.randomUUID(),
                                export.id(),
                                null,
                                null,
                                RunTrigger.RETRY,
                                export.intervalScheduledAt(boundary).orElseThrow(),
                                boundary,
                                1,
                                export.workflowId(boundary),
                                "another execution"),
                        TestServer.now())
                .id();
    }

    private Run run() {
        return server.runs.find(runId).orElseThrow();
    }

    /// The first of an activity, whatever came before it.
    private static Attempt endless() {
        return new Attempt(1, Instant.MAX);
    }

    /// @return the number of the attempt
    private int succeed(int slice) {
        return attempts.record(run(), Stage.TRANSFER, slice, endless(), new NeverStopped(), StartedAttempt::number);
    }

    private void fail(int slice, ExportException error) {
        assertThatThrownBy(() -> attempts.record(run(), Stage.TRANSFER, slice, endless(), new NeverStopped(), _ -> {
                    throw error;
                }))
                .isInstanceOf(AttemptFailedException.class)
                .hasCause(error);
    }

    @Test
    void anAttemptWhoseWorkerWasLostIsEndedByTheNextOne() {
        assertThat(server.runs.attemptStarted(runId, Stage.TRANSFER.word(), 0, TestServer.now()))
                .isEqualTo(new StartedAttempt(1, 0));

        assertThat(succeed(0)).isEqualTo(2);

        assertThat(run().attempt()).isEqualTo(2);
        assertThat(server.logOf(export)).containsExactly("WARNING transfer: " + AttemptRecorder.WORKER_LOST.message());
        assertThat(server.runs.closeLostAttempts(
                        runId, Stage.TRANSFER.word(), 0, 3, AttemptRecorder.WORKER_LOST, TestServer.now()))
                .isZero();
    }

    @Test
    void aSliceThatWaitsForItsNextAttemptStaysVisibleWhileOthersBegin() {
        fail(0, busy);
        fail(0, busy);
        Instant nextRetryAt = run().nextRetryAt();

        assertThat(succeed(1)).isEqualTo(1);

        assertThat(nextRetryAt).isNotNull();
        assertThat(run().nextRetryAt()).isEqualTo(nextRetryAt);
        assertThat(run().attempt()).isEqualTo(2);
        assertThat(run().latestError()).isEqualTo(RunError.of(busy));

        assertThat(succeed(0)).isEqualTo(3);
        assertThat(run().nextRetryAt()).isNull();
        assertThat(run().attempt()).isEqualTo(3);
    }

    @Test
    void anErrorThatIsNotRetriedShowsNoNextAttemptAndIsLoggedWithTheEndOfTheRun() {
        fail(0, ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf."));

        assertThat(run().nextRetryAt()).isNull();
        assertThat(run().latestError()).extracting(RunError::code).isEqualTo("NoSuchShelf");
        assertThat(server.logOf(export)).isEmpty();
    }

    @Test
    void anAttemptThatWouldComeAfterTheRunGivesUpIsNotAnnounced() {
        Attempt last = new Attempt(1, Instant.now().plusMillis(500));

        assertThatThrownBy(() -> attempts.record(run(), Stage.TRANSFER, 0, last, new NeverStopped(), _ -> {
                    throw busy;
                }))
                .hasCause(busy);

        assertThat(run().nextRetryAt()).isNull();
    }

    private static final class NeverStopped implements StageWatch {
        @Override
        public Meter slice(int number, LongConsumer store) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<StopReason> stopped() {
            return Optional.empty();
        }

        @Override
        public void letFinish() {}

        @Override
        public boolean isCancelled() {
            return false;
        }
    }
}
