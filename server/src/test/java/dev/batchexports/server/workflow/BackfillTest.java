package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Backfills and their runs.
@TestInstance(Lifecycle.PER_CLASS)
class BackfillTest {
    private static final Duration SOON = Duration.ofSeconds(90);

    private final MemoryDestination memory = new MemoryDestination();
    private final TestServer server = TestServer.start(memory, Long.MAX_VALUE);
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);

    @AfterAll
    void stop() {
        server.close();
    }

    @BeforeEach
    void nothingSpecial() {
        memory.behave(new MemoryDestination.Behaviour() {});
    }

    private BatchExport hourlyExport() {
        return server.stored(server.memoryExport(server.components.newProject()));
    }

    private Instant hoursBeforeEnd(long hours) {
        return end.minus(hours, ChronoUnit.HOURS);
    }

    @Test
    void exportsEveryIntervalOfItsRange() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(3), end, 30);

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(3), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.totalRuns()).isEqualTo(3);
        assertThat(backfill.finishedRuns()).isEqualTo(3);
        assertThat(backfill.failedRuns()).isZero();
        assertThat(backfill.totalRecordsCount()).isEqualTo(30);
        assertThat(server.runsOf(export))
                .hasSize(3)
                .allSatisfy(run -> {
                    assertThat(run.trigger()).isEqualTo(RunTrigger.BACKFILL);
                    assertThat(run.backfillId()).isEqualTo(backfill.id());
                    assertThat(run.workflowId()).isEqualTo(export.workflowId(run.scheduledAt()));
                    assertThat(memory.committed(run).orElseThrow()).hasSize(10);
                })
                .extracting(Run::scheduledAt)
                .containsExactly(end, hoursBeforeEnd(1), hoursBeforeEnd(2));
    }

    @Test
    void exportsOnlyGapsIfThatIsAllThatIsWanted() {
        BatchExport export = hourlyExport();
        server.awaitEnd(server.startRun(export, hoursBeforeEnd(1)).id(), SOON);

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(3), end, BackfillScope.GAPS, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.totalRuns()).isEqualTo(2);
        assertThat(server.runsOf(export))
                .filteredOn(run -> backfill.id().equals(run.backfillId()))
                .extracting(Run::scheduledAt)
                .containsExactly(end, hoursBeforeEnd(2));
    }

    @Test
    void beginsWithTheEarliestDataIfItHasNoStart() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(5).plusSeconds(60), hoursBeforeEnd(4), 10);

        Backfill backfill = server.awaitEnd(server.startBackfill(export, null, end, BackfillScope.ALL, 5), SOON);

        assertThat(backfill.startAt()).isEqualTo(hoursBeforeEnd(5));
        assertThat(backfill.totalRuns()).isEqualTo(5);
        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
    }

    @Test
    void hasNothingToDoWithoutData() {
        BatchExport export = hourlyExport();

        Backfill backfill = server.awaitEnd(server.startBackfill(export, null, end, BackfillScope.ALL, 5), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.totalRuns()).isZero();
    }

    @Test
    void executesNoMoreRunsAtOnceThanWanted() {
        BatchExport export = hourlyExport();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                if (run.exportId().equals(export.id())) {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    new CountDownLatch(1).await(200, TimeUnit.MILLISECONDS);
                    running.decrementAndGet();
                }
                return Set.of();
            }
        });

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(8), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(most.get()).isEqualTo(2);
    }

    @Test
    void aRunThatFailsDoesNotStopTheOthers() {
        BatchExport export = hourlyExport();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                if (run.interval().end().equals(hoursBeforeEnd(2))) {
                    throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
                }
                return Set.of();
            }
        });

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(4), end, BackfillScope.ALL, 1), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.FAILED);
        assertThat(backfill.finishedRuns()).isEqualTo(4);
        assertThat(backfill.failedRuns()).isEqualTo(1);
    }

    @Test
    void waitsForARunOfTheSameIntervalAndThenExportsItAgain() {
        BatchExport export = hourlyExport();
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                committing.countDown();
                goOn.await();
                return Set.of();
            }
        });
        Run other = server.startRun(export, end);
        Awaitility.await("commit").atMost(SOON).until(() -> committing.getCount() == 0);

        Backfill backfill = server.startBackfill(export, hoursBeforeEnd(1), end, BackfillScope.ALL, 1);
        Awaitility.await("backfill to run into it")
                .atMost(SOON)
                .until(() -> events(backfill, EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED) > 0);
        assertThat(server.runsOf(export)).hasSize(1);
        goOn.countDown();

        assertThat(server.awaitEnd(backfill, SOON).status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(server.runs.find(other.id()).orElseThrow().status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(server.runsOf(export)).hasSize(2);
    }

    @Test
    void startsNoRunsWhileItIsPaused() {
        BatchExport export = hourlyExport();
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                committing.countDown();
                goOn.await();
                return Set.of();
            }
        });
        Backfill backfill = server.startBackfill(export, hoursBeforeEnd(3), end, BackfillScope.ALL, 1);
        Awaitility.await("first run").atMost(SOON).until(() -> committing.getCount() == 0);

        server.orchestration.pauseBackfill(backfill);
        awaitStatus(backfill, BackfillStatus.PAUSED);
        goOn.countDown();
        Awaitility.await("first run to end")
                .atMost(SOON)
                .until(() -> server.backfills.find(backfill.id()).orElseThrow().finishedRuns() == 1);
        assertThat(server.runsOf(export)).hasSize(1);

        server.orchestration.resumeBackfill(backfill);
        Backfill ended = server.awaitEnd(backfill, SOON);
        assertThat(ended.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(ended.finishedRuns()).isEqualTo(3);
    }

    private void awaitStatus(Backfill backfill, BackfillStatus status) {
        Awaitility.await("backfill to be " + status)
                .atMost(SOON)
                .until(() -> server.backfills.find(backfill.id()).orElseThrow().status() == status);
    }

    @Test
    void aCancelledBackfillCancelsItsRuns() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(4), end, 40);
        CountDownLatch writing = new CountDownLatch(2);
        CountDownLatch never = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                never.await();
            }
        });
        Backfill backfill = server.startBackfill(export, hoursBeforeEnd(4), end, BackfillScope.ALL, 2);
        Awaitility.await("two runs").atMost(SOON).until(() -> writing.getCount() == 0);

        server.orchestration.cancelBackfill(backfill);

        assertThat(server.awaitEnd(backfill, SOON).status()).isEqualTo(BackfillStatus.CANCELLED);
        assertThat(server.runsOf(export)).hasSize(2).allMatch(run -> run.status() == RunStatus.CANCELLED);
    }

    @Test
    void anyNumberOfRunsKeepsTheHistorySmall() {
        BatchExport export = server.stored(Exports.with("grid", IntervalGrid.of(Frequency.parse("every 5 seconds")))
                .apply(server.memoryExport(server.components.newProject())));
        int runs = BackfillWorkflowImplementation.RUNS_PER_EXECUTION + 10;

        Backfill backfill = server.awaitEnd(
                server.startBackfill(export, end.minusSeconds(5L * runs), end, BackfillScope.ALL, 20),
                Duration.ofMinutes(10));

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.finishedRuns()).isEqualTo(runs);
        String firstRunId = server.temporal
                .client()
                .newUntypedWorkflowStub(backfill.workflowId())
                .describe()
                .getWorkflowExecutionInfo()
                .getFirstRunId();
        long events = server.temporal
                .call(stub -> stub.describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                        .setNamespace("default")
                        .setExecution(WorkflowExecution.newBuilder()
                                .setWorkflowId(backfill.workflowId())
                                .setRunId(firstRunId))
                        .build()))
                .getWorkflowExecutionInfo()
                .getHistoryLength();
        assertThat(events).isBetween(200L, 5000L);
    }

    private long events(Backfill backfill, EventType type) {
        return server
                .temporal
                .call(stub -> stub.getWorkflowExecutionHistory(GetWorkflowExecutionHistoryRequest.newBuilder()
                        .setNamespace("default")
                        .setExecution(WorkflowExecution.newBuilder().setWorkflowId(backfill.workflowId()))
                        .build()))
                .getHistory()
                .getEventsList()
                .stream()
                .filter(event -> event.getEventType() == type)
                .count();
    }
}
