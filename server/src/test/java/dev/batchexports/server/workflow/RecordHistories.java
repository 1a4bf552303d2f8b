package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import io.temporal.api.enums.v1.ScheduleOverlapPolicy;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.schedules.ScheduleBackfill;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Records the histories that [WorkflowReplayTest] replays. No test, and executed only when asked for:
///
///     mvn -pl server test -Dtest=RecordHistories
///
/// A file that is there already is kept: it stands for workflows that began on earlier code. To record a
/// history of changed behaviour, give it another name. Names of machines are left out.
@TestInstance(Lifecycle.PER_CLASS)
class RecordHistories {
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int ROWS = 1000;
    private static final int FEW_ROWS = 100;
    private static final long SLICE_BYTES = 50_000;

    private final MemoryDestination memory = new MemoryDestination();
    private final TestServer server = TestServer.start(memory, SLICE_BYTES);
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private final Instant start = end.minus(1, ChronoUnit.HOURS);

    @AfterAll
    void stop() {
        server.close();
    }

    private BatchExport exportOfRows(MemoryDestination.Behaviour behaviour) {
        return exportOf(ROWS, behaviour);
    }

    private BatchExport exportOf(int rows, MemoryDestination.Behaviour behaviour) {
        memory.behave(behaviour);
        long project = server.components.newProject();
        server.components.insert(project, start, end, rows);
        return server.stored(server.memoryExport(project));
    }

    private static MemoryDestination.Behaviour nothingSpecial() {
        return new MemoryDestination.Behaviour() {};
    }

    private void record(String name, String workflowId, @Nullable String workflowRunId) throws IOException {
        Awaitility.await("workflow to end")
                .atMost(SOON)
                .until(() -> server.temporal
                                .client()
                                .newUntypedWorkflowStub(workflowId)
                                .describe()
                                .getStatus()
                        != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
        String json = server.temporal
                .client()
                .fetchHistory(workflowId, workflowRunId)
                .toJson(false)
                .replaceAll("\\d+@[A-Za-z0-9_.-]+", "1@worker")
                .replaceAll("\"(name)\":\\s+", "\"$1\":");
        Path file = Files.createDirectories(WorkflowReplayTest.FOLDER).resolve(name + ".json.gz");
        if (Files.exists(file)) {
            return;
        }
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(json.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void recordRun(String name, BatchExport export, RunStatus status) throws IOException {
        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);
        assertThat(run.status()).isEqualTo(status);
        record(name, run.workflowId(), null);
    }

    /// The first two attempts to commit fail.
    private static MemoryDestination.Behaviour busyTwice() {
        AtomicInteger failures = new AtomicInteger();
        return new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                if (failures.incrementAndGet() <= 2) {
                    throw ExportException.passing("ShelfBusy", "The shelf is busy.", null);
                }
                return Set.of();
            }
        };
    }

    @Test
    void completed() throws IOException {
        BatchExport export = exportOfRows(nothingSpecial());
        Duration settle = Duration.between(end, Instant.now().plusSeconds(10)).truncatedTo(ChronoUnit.SECONDS);
        recordRun("run-completed", server.changed(export, Exports.with("settle", settle)), RunStatus.COMPLETED);
    }

    @Test
    void large() throws IOException {
        recordRun("run-large", exportOfRows(nothingSpecial()), RunStatus.COMPLETED);
    }

    @Test
    void small() throws IOException {
        recordRun("run-small", exportOf(FEW_ROWS, nothingSpecial()), RunStatus.COMPLETED);
    }

    @Test
    void smallRetried() throws IOException {
        recordRun("run-small-retried", exportOf(FEW_ROWS, busyTwice()), RunStatus.COMPLETED);
    }

    @Test
    void smallCancelled() throws IOException {
        CountDownLatch writing = new CountDownLatch(1);
        BatchExport export = exportOf(FEW_ROWS, new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                new CountDownLatch(1).await();
            }
        });
        Run run = server.startRun(export, end);
        Awaitility.await("transfer").atMost(SOON).until(() -> writing.getCount() == 0);
        cancelAndRecord("run-small-cancelled", run, RunStatus.CANCELLED);
    }

    @Test
    void scheduledAndSkipped() throws IOException {
        memory.behave(nothingSpecial());
        IntervalGrid grid = IntervalGrid.of(Frequency.parse("every 5 minutes"));
        Instant boundary = grid.floor(Instant.now());
        Instant before = boundary.minus(5, ChronoUnit.MINUTES);
        BatchExport export = server.stored(Exports.with("grid", grid)
                .andThen(Exports.with("startAt", before))
                .apply(server.memoryExport(server.components.newProject())));
        server.orchestration.applySchedule(export);
        Awaitility.await("run").atMost(SOON).until(() -> !server.runsOf(export).isEmpty());
        Run run = server.awaitEnd(server.runsOf(export).getLast().id(), SOON);
        record("run-scheduled", run.workflowId(), null);

        server.temporal
                .schedules()
                .getHandle(export.id().toString())
                .backfill(List.of(new ScheduleBackfill(
                        before, boundary, ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL)));
        Awaitility.await("second firing")
                .atMost(SOON)
                .until(() -> server.logOf(export).stream().anyMatch(line -> line.contains("Nothing exported")));
        record("run-skipped", run.workflowId(), null);
        server.orchestration.applySchedule(
                Exports.with("deletedAt", TestServer.now()).apply(export));
    }

    @Test
    void retried() throws IOException {
        recordRun("run-retried", exportOfRows(busyTwice()), RunStatus.COMPLETED);
    }

    @Test
    void failed() throws IOException {
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                if (slice.number() == 1) {
                    throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
                }
                new CountDownLatch(1).await();
            }
        });
        recordRun("run-failed", export, RunStatus.FAILED);
    }

    @Test
    void gaveUp() throws IOException {
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) {
                throw ExportException.passing("ShelfBusy", "The shelf is busy.", null);
            }
        });
        recordRun(
                "run-gave-up",
                server.changed(export, Exports.with("giveUpAfter", Duration.ofSeconds(5))),
                RunStatus.FAILED);
    }

    @Test
    void slicesLost() throws IOException {
        AtomicInteger commits = new AtomicInteger();
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                return commits.incrementAndGet() == 1 ? Set.of(0, 2) : Set.of();
            }
        });
        recordRun("run-slices-lost", export, RunStatus.COMPLETED);
    }

    @Test
    void cancelled() throws IOException {
        CountDownLatch writing = new CountDownLatch(1);
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                new CountDownLatch(1).await();
            }
        });
        Run run = server.startRun(export, end);
        Awaitility.await("transfer").atMost(SOON).until(() -> writing.getCount() == 0);
        cancelAndRecord("run-cancelled", run, RunStatus.CANCELLED);
    }

    @Test
    void cancelledWhileSettling() throws IOException {
        BatchExport export =
                server.changed(exportOfRows(nothingSpecial()), Exports.with("settle", Duration.ofHours(5)));
        Run run = server.startRun(export, end);
        Awaitility.await("start").atMost(SOON).until(() -> !server.logOf(export).isEmpty());
        cancelAndRecord("run-cancelled-while-settling", run, RunStatus.CANCELLED);
    }

    @Test
    void cancelledTooLate() throws IOException {
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                committing.countDown();
                while (cancelled.getCount() > 0) {
                    Thread.onSpinWait();
                }
                return Set.of();
            }
        });
        Run run = server.startRun(export, end);
        Awaitility.await("commit").atMost(SOON).until(() -> committing.getCount() == 0);
        server.orchestration.cancelRun(server.runs.find(run.id()).orElseThrow());
        cancelled.countDown();
        server.awaitRun(run.id(), RunStatus.COMPLETED, SOON);
        record("run-cancelled-too-late", run.workflowId(), null);
    }

    private void cancelAndRecord(String name, Run run, RunStatus status) throws IOException {
        server.orchestration.cancelRun(server.runs.find(run.id()).orElseThrow());
        server.awaitRun(run.id(), status, SOON);
        record(name, run.workflowId(), null);
    }

    private Backfill startBackfill(BatchExport export, int hours) {
        server.components.insert(export.projectId(), end.minus(hours, ChronoUnit.HOURS), start, hours);
        return server.startBackfill(export, end.minus(hours, ChronoUnit.HOURS), end, BackfillScope.ALL, 2);
    }

    private void recordBackfill(String name, Backfill backfill, BackfillStatus status) throws IOException {
        assertThat(server.awaitEnd(backfill, SOON).status()).isEqualTo(status);
        record(name, backfill.workflowId(), null);
    }

    @Test
    void backfillCompleted() throws IOException {
        recordBackfill(
                "backfill-completed", startBackfill(exportOfRows(nothingSpecial()), 5), BackfillStatus.COMPLETED);
    }

    @Test
    void backfillThatMetABusyInterval() throws IOException {
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                if (run.interval().end().equals(end)) {
                    committing.countDown();
                    goOn.await();
                }
                return Set.of();
            }
        });
        server.startRun(export, end);
        Awaitility.await("commit").atMost(SOON).until(() -> committing.getCount() == 0);
        Backfill backfill = startBackfill(export, 3);
        Awaitility.await("the others")
                .atMost(SOON)
                .until(() -> server.backfills.find(backfill.id()).orElseThrow().finishedRuns() == 2);
        goOn.countDown();
        recordBackfill("backfill-busy", backfill, BackfillStatus.COMPLETED);
    }

    @Test
    void backfillThatWasPaused() throws IOException {
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                committing.countDown();
                goOn.await();
                return Set.of();
            }
        });
        Backfill backfill = startBackfill(export, 5);
        Awaitility.await("commit").atMost(SOON).until(() -> committing.getCount() == 0);
        server.orchestration.pauseBackfill(backfill);
        Awaitility.await("pause")
                .atMost(SOON)
                .until(() -> server.backfills.find(backfill.id()).orElseThrow().status() == BackfillStatus.PAUSED);
        goOn.countDown();
        Awaitility.await("runs to end")
                .atMost(SOON)
                .until(() -> server.backfills.find(backfill.id()).orElseThrow().finishedRuns() == 2);
        server.orchestration.resumeBackfill(backfill);
        recordBackfill("backfill-paused", backfill, BackfillStatus.COMPLETED);
    }

    @Test
    void backfillThatWasCancelled() throws IOException {
        CountDownLatch writing = new CountDownLatch(1);
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                new CountDownLatch(1).await();
            }
        });
        Backfill backfill = startBackfill(export, 5);
        Awaitility.await("transfer").atMost(SOON).until(() -> writing.getCount() == 0);
        server.orchestration.cancelBackfill(backfill);
        recordBackfill("backfill-cancelled", backfill, BackfillStatus.CANCELLED);
    }

    @Test
    void backfillThatWentOnAsANewExecution() throws IOException {
        memory.behave(nothingSpecial());
        BatchExport export = server.stored(Exports.with("grid", IntervalGrid.of(Frequency.parse("every 5 seconds")))
                .apply(server.memoryExport(server.components.newProject())));
        int runs = BackfillWorkflowImplementation.RUNS_PER_EXECUTION + 5;
        server.components.insert(export.projectId(), end.minusSeconds(5L * runs), end, runs);
        Backfill backfill = server.startBackfill(export, end.minusSeconds(5L * runs), end, BackfillScope.ALL, 20);

        assertThat(server.awaitEnd(backfill, Duration.ofMinutes(10)).status()).isEqualTo(BackfillStatus.COMPLETED);
        String firstRunId = server.temporal
                .client()
                .newUntypedWorkflowStub(backfill.workflowId())
                .describe()
                .getWorkflowExecutionInfo()
                .getFirstRunId();
        record("backfill-continued-1", backfill.workflowId(), firstRunId);
        record("backfill-continued-2", backfill.workflowId(), null);
    }
}
