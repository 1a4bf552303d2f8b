package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.source.Slice;
import dev.batchexports.embedded.Component;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Workers that come and go.
class WorkerTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Components components = Components.get();
    private final MemoryDestination memory = new MemoryDestination();
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private final Instant start = end.minus(1, ChronoUnit.HOURS);
    private final long project = components.newProject();

    @Test
    void anotherWorkerGoesOnAtOnceWhenOneIsStopped() {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        AtomicBoolean doomed = new AtomicBoolean(true);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                if (doomed.get()) {
                    writing.countDown();
                    never.await();
                }
            }
        });
        components.insert(project, start, end, 100);
        Run started;
        Instant stopped;
        try (TestServer first = TestServer.start(memory, Long.MAX_VALUE)) {
            BatchExport export = first.stored(first.memoryExport(project));
            started = first.startRun(export, end);
            Awaitility.await("transfer").atMost(SOON).until(() -> writing.getCount() == 0);
            doomed.set(false);
            stopped = Instant.now();
        }

        try (TestServer second = TestServer.start(memory, Long.MAX_VALUE)) {
            Run run = second.awaitEnd(started.id(), SOON);

            assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(memory.committed(run).orElseThrow()).hasSize(100);
            assertThat(Duration.between(stopped, Objects.requireNonNull(run.finishedAt())))
                    .isLessThan(Heartbeats.TIMEOUT);
            assertThat(second.logOf(second.exports.find(run.exportId()).orElseThrow()))
                    .anyMatch(line -> line.contains("The worker was shut down in the middle of its work."));
        }
    }

    @Test
    void aQueueThatNoWorkerServesIsNamed() {
        try (TestServer api =
                TestServer.start(memory, TestServer.settings(Settings.Role.API, Long.MAX_VALUE, TestServer.KEY))) {
            Awaitility.await("earlier workers to be forgotten")
                    .atMost(Duration.ofMinutes(3))
                    .untilAsserted(() -> assertThat(api.taskQueues.withoutPollers())
                            .containsExactly(
                                    "batch-exports", "batch-exports-memory-export", "batch-exports-s3-export"));

            try (TestServer worker = TestServer.start(
                    memory, TestServer.settings(Settings.Role.WORKER, Long.MAX_VALUE, TestServer.KEY))) {
                assertThat(worker.memory).isSameAs(memory);
                Awaitility.await("all queues to be served")
                        .atMost(SOON)
                        .until(() -> api.taskQueues.withoutPollers().isEmpty());
            }
        }
    }

    @Test
    void comesUpWhileTemporalIsDownAndWorksOnceItIsBack() {
        components.insert(project, start, end, 100);
        components.platform.stop(Component.TEMPORAL);
        TestServer server = TestServer.start(memory, Long.MAX_VALUE);
        try (server) {
            BatchExport export = server.stored(Exports.with("startAt", start).apply(server.memoryExport(project)));
            components.platform.start(Component.TEMPORAL);

            Awaitility.await("the schedule to catch up")
                    .atMost(SOON)
                    .until(() -> !server.runsOf(export).isEmpty());
            Run run = server.awaitEnd(server.runsOf(export).getFirst().id(), SOON);
            assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(run.interval().end()).isEqualTo(end);
        }
    }
}
