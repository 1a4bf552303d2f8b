package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import io.temporal.client.schedules.ScheduleException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;

/// What happens outside of the application reaches the database, and what is in the database reaches
/// Temporal, by themselves and within a minute.
@TestInstance(Lifecycle.PER_CLASS)
class ReconcilerTest {
    private static final Duration WITHIN_A_MINUTE = Duration.ofSeconds(60);

    private final MemoryDestination memory = new MemoryDestination();
    private final TestServer server = TestServer.start(memory, Long.MAX_VALUE);
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);

    @AfterAll
    void stop() {
        server.close();
    }

    private BatchExport export() {
        long project = server.components.newProject();
        server.components.insert(project, end.minusSeconds(60), end, 10);
        return server.stored(server.memoryExport(project));
    }

    private Run runThatNeverEnds(BatchExport export) {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                never.await();
            }
        });
        Run run = server.startRun(export, end);
        Awaitility.await("transfer").atMost(WITHIN_A_MINUTE).until(() -> writing.getCount() == 0);
        return run;
    }

    @Test
    void aRunWhoseWorkflowWasTerminatedIsTerminatedWithinAMinute() {
        BatchExport export = export();
        Run started = runThatNeverEnds(export);

        server.temporal.client().newUntypedWorkflowStub(started.workflowId()).terminate("by an operator");
        Run run = server.awaitEnd(started.id(), WITHIN_A_MINUTE);

        assertThat(run.status()).isEqualTo(RunStatus.TERMINATED);
        assertThat(run.latestError())
                .isEqualTo(new RunError(
                        "Terminated", "The workflow was terminated in Temporal.", "Retry the run.", false));
        assertThat(server.logOf(export))
                .endsWith("ERROR finish: Terminated: The workflow was terminated in Temporal. Retry the run.");

        memory.behave(new MemoryDestination.Behaviour() {});
        assertThat(server.awaitEnd(server.startRun(export, end).id(), WITHIN_A_MINUTE)
                        .status())
                .isEqualTo(RunStatus.COMPLETED);
    }

    @Test
    void aRunWhoseWorkflowWasCancelledInTemporalIsCancelled() {
        Run started = runThatNeverEnds(export());

        server.temporal.client().newUntypedWorkflowStub(started.workflowId()).cancel();

        assertThat(server.awaitEnd(started.id(), WITHIN_A_MINUTE).status()).isEqualTo(RunStatus.CANCELLED);
    }

    @Test
    void aRunWhoseWorkflowTemporalHasLostGoesOnByAnotherOne() {
        memory.behave(new MemoryDestination.Behaviour() {});
        BatchExport export = export();
        Run stored = stored(export, TestServer.now());
        server.runs.attachWorkflow(stored.id(), UUID.randomUUID().toString(), TestServer.now());

        Run run = server.awaitEnd(stored.id(), WITHIN_A_MINUTE);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(run.recordsCompleted()).isEqualTo(10);
        Awaitility.await("log")
                .atMost(WITHIN_A_MINUTE)
                .untilAsserted(
                        () -> assertThat(server.logOf(export))
                                .contains(
                                        "WARNING start: Temporal no longer knows the workflow of the run: it goes on by another one."));
    }

    /// As after the database was restored to a time when the run was under way.
    @Test
    void aRunWhoseEndTheDatabaseHasLostIsExecutedOnceMoreUnderItsOwnName() {
        memory.behave(new MemoryDestination.Behaviour() {});
        BatchExport export = export();
        Run first = server.awaitEnd(server.startRun(export, end).id(), WITHIN_A_MINUTE);
        JdbcClient.create(server.bean(DataSource.class))
                .sql("update runs set status = 'Running', finished_at = null where id = :id")
                .param("id", first.id())
                .update();

        Run again = server.awaitEnd(first.id(), WITHIN_A_MINUTE);

        assertThat(again.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(again.workflowRunId()).isNotEqualTo(first.workflowRunId());
        assertThat(server.runsOf(export)).hasSize(1);
    }

    @Test
    void theRunsOfADatabaseThatWasRestoredHaveGreaterGenerationsThanThoseThatItHasForgotten() {
        long before = stored(export(), TestServer.now()).generation();
        JdbcClient.create(server.bean(DataSource.class))
                .sql("select setval('runs_generation_seq', 1)")
                .query(Long.class)
                .single();

        Awaitility.await("the generations to be raised")
                .atMost(WITHIN_A_MINUTE)
                .untilAsserted(() -> assertThat(JdbcClient.create(server.bean(DataSource.class))
                                .sql("select last_value from runs_generation_seq")
                                .query(Long.class)
                                .single())
                        .isGreaterThan(before));
        assertThat(stored(export(), TestServer.now()).generation()).isGreaterThan(before);
    }

    @Test
    void aRunThatWasStoredButNeverStartedIsStarted() {
        memory.behave(new MemoryDestination.Behaviour() {});
        BatchExport export = export();
        Run stored = stored(export, TestServer.now().minusSeconds(60));

        assertThat(server.awaitEnd(stored.id(), WITHIN_A_MINUTE).status()).isEqualTo(RunStatus.COMPLETED);
    }

    private Run stored(BatchExport export, Instant createdAt) {
        return stored(export, createdAt, null);
    }

    private Run stored(BatchExport export, Instant createdAt, @Nullable String workflowRunId) {
        return server.runs.create(
                new NewRun(
                        UUID.randomUUID(),
                        export.id(),
                        null,
                        null,
                        RunTrigger.RETRY,
                        export.intervalScheduledAt(end).orElseThrow(),
                        end,
                        export.version(),
                        export.workflowId(end),
                        workflowRunId),
                createdAt);
    }

    @Test
    void aRunThatAnotherRunOfItsIntervalOvertookIsCancelled() {
        assertThat(endedByAnother(null))
                .returns(RunStatus.CANCELLED, Run::status)
                .extracting(Run::latestError)
                .extracting(RunError::code)
                .isEqualTo("Overtaken");
    }

    /// Or the reconciler is first, and it goes on before the new one begins.
    @Test
    void aRunWhoseWorkflowIsGoneIsTerminatedByANewOneOfItsIntervalUnlessItGoesOnFirst() {
        Run run = endedByAnother(UUID.randomUUID().toString());

        if (run.status() == RunStatus.COMPLETED) {
            assertThat(run.recordsCompleted()).isPositive();
        } else {
            assertThat(run)
                    .returns(RunStatus.TERMINATED, Run::status)
                    .extracting(Run::latestError)
                    .extracting(RunError::code)
                    .isEqualTo("WorkflowEnded");
        }
    }

    private Run endedByAnother(@Nullable String workflowRunId) {
        memory.behave(new MemoryDestination.Behaviour() {});
        BatchExport export = export();
        server.components.insert(export.projectId(), end.minus(1, ChronoUnit.HOURS), end, 3);
        Run inTheWay = stored(export, TestServer.now(), workflowRunId);

        Backfill backfill = server.startBackfill(export, end.minus(1, ChronoUnit.HOURS), end, BackfillScope.ALL, 1);

        assertThat(server.awaitEnd(backfill, WITHIN_A_MINUTE).status()).isEqualTo(BackfillStatus.COMPLETED);
        return server.runs.find(inTheWay.id()).orElseThrow();
    }

    @Test
    void aScheduleFollowsAnExportThatWasStoredWhileTemporalWasAway() {
        BatchExport export = export();

        Awaitility.await("schedule")
                .atMost(WITHIN_A_MINUTE)
                .until(() -> server.exports.find(export.id()).orElseThrow().scheduleVersion() == export.version());
        assertThat(isPaused(export)).isFalse();

        server.changed(export, Exports.with("paused", true));
        Awaitility.await("pause").atMost(WITHIN_A_MINUTE).until(() -> isPaused(export));
    }

    @Test
    void aScheduleThatWasChangedInTemporalIsMadeToMatchAgain() {
        BatchExport paused = export();
        BatchExport removed = export();
        BatchExport deleted = export();
        for (BatchExport export : List.of(paused, removed, deleted)) {
            server.orchestration.applySchedule(export);
            server.exports.scheduleApplied(export.id(), export.version());
        }
        server.exports.delete(deleted.id(), TestServer.now());
        server.exports.scheduleApplied(deleted.id(), deleted.version() + 1);

        server.temporal.schedules().getHandle(paused.id().toString()).pause("by an operator");
        server.temporal.schedules().getHandle(removed.id().toString()).delete();

        Duration twoRounds = Reconciler.FULL_CHECK.multipliedBy(2);
        Awaitility.await("unpaused").atMost(twoRounds).until(() -> !isPaused(paused));
        Awaitility.await("made anew").atMost(twoRounds).until(() -> hasSchedule(removed));
        Awaitility.await("removed").atMost(twoRounds).until(() -> !hasSchedule(deleted));
    }

    private boolean isPaused(BatchExport export) {
        return server.scheduleState(export).isPaused();
    }

    private boolean hasSchedule(BatchExport export) {
        try {
            server.schedule(export);
            return true;
        } catch (ScheduleException e) {
            return false;
        }
    }

    @Test
    void aBackfillWhoseWorkflowWasTerminatedIsTerminated() {
        BatchExport export = export();
        CountDownLatch never = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                never.await();
            }
        });
        Backfill backfill = server.startBackfill(export, end.minus(1, ChronoUnit.HOURS), end, BackfillScope.ALL, 1);
        Awaitility.await("run")
                .atMost(WITHIN_A_MINUTE)
                .until(() -> !server.runsOf(export).isEmpty());

        server.temporal.client().newUntypedWorkflowStub(backfill.workflowId()).terminate("by an operator");

        assertThat(server.awaitEnd(backfill, WITHIN_A_MINUTE).status()).isEqualTo(BackfillStatus.TERMINATED);
        assertThat(server.awaitEnd(server.runsOf(export).getFirst().id(), WITHIN_A_MINUTE)
                        .status())
                .isEqualTo(RunStatus.CANCELLED);
    }

    @Test
    void nothingOfAnExportThatWasDeletedWhileTemporalWasAwayGoesOnInTemporal() {
        BatchExport export = export();
        server.orchestration.applySchedule(export);
        CountDownLatch never = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                never.await();
            }
        });
        Backfill backfill = server.startBackfill(export, end.minus(1, ChronoUnit.HOURS), end, BackfillScope.ALL, 1);
        Awaitility.await("run")
                .atMost(WITHIN_A_MINUTE)
                .until(() -> !server.runsOf(export).isEmpty());

        server.exports.delete(export.id(), TestServer.now());

        assertThat(server.awaitEnd(backfill, WITHIN_A_MINUTE).status()).isEqualTo(BackfillStatus.CANCELLED);
        assertThat(server.awaitEnd(server.runsOf(export).getFirst().id(), WITHIN_A_MINUTE)
                        .status())
                .isEqualTo(RunStatus.CANCELLED);
        Awaitility.await("schedule").atMost(WITHIN_A_MINUTE).until(() -> !hasSchedule(export));
    }
}
