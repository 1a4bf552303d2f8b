package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// More runs than workers take at once.
@TestInstance(Lifecycle.PER_CLASS)
class ManyRunsTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int SLOTS = 4;

    private final MemoryDestination memory = new MemoryDestination();
    private final TestServer server = TestServer.start(memory, Long.MAX_VALUE);
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);

    @AfterAll
    void stop() {
        server.close();
    }

    private BatchExport hourlyExport(long project, int rows) {
        server.components.insert(project, end.minus(1, ChronoUnit.HOURS), end, rows);
        return server.stored(server.memoryExport(project));
    }

    /// All runs have the same rank, and those of the other project came first. Without turns they would all be
    /// executed before the last one.
    @Test
    void aProjectWithManyRunsDoesNotStarveAnother() {
        int others = 24;
        int mostBefore = 12;
        long busy = server.components.newProject();
        Semaphore permits = new Semaphore(0);
        AtomicInteger holding = new AtomicInteger();
        List<BatchExport> exports = new ArrayList<>();
        for (int index = 0; index < others; index++) {
            exports.add(hourlyExport(busy, 1));
        }
        BatchExport small = hourlyExport(server.components.newProject(), 3);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                if (!run.exportId().equals(small.id())) {
                    holding.incrementAndGet();
                    permits.acquire();
                    holding.decrementAndGet();
                }
                return Set.of();
            }
        });
        List<Run> runs = new ArrayList<>();
        exports.forEach(export -> runs.add(server.startRun(export, end)));
        int before = 0;
        Run run;
        try {
            Awaitility.await("all slots to be taken").atMost(SOON).until(() -> holding.get() == SLOTS);
            Awaitility.await("the others to wait")
                    .atMost(SOON)
                    .until(() -> runs.stream().filter(server::waitsForSlot).count() == others - SLOTS);
            run = server.startRun(small, end);
            Awaitility.await("the last to wait").atMost(SOON).until(() -> server.waitsForSlot(run));
            while (!server.runs.find(run.id()).orElseThrow().status().isFinished()) {
                before++;
                permits.release();
                Awaitility.await("the slot to be used")
                        .atMost(SOON)
                        .until(() -> server.runs
                                        .find(run.id())
                                        .orElseThrow()
                                        .status()
                                        .isFinished()
                                || (permits.availablePermits() == 0 && holding.get() == SLOTS));
            }
        } finally {
            permits.release(others);
        }
        assertThat(before).as("runs of the other project before").isLessThanOrEqualTo(mostBefore);
        runs.forEach(each -> server.awaitRun(each.id(), RunStatus.COMPLETED, SOON));
        assertThat(server.awaitEnd(run.id(), SOON).status()).isEqualTo(RunStatus.COMPLETED);
    }

    @Test
    void whatIsDueAtTheSameMomentIsRunOnceEach() {
        int exports = 20;
        memory.behave(new MemoryDestination.Behaviour() {});
        Instant boundary = Instant.ofEpochSecond((Instant.now().getEpochSecond() / 5 + 2) * 5);
        Instant start = boundary.minusSeconds(5);
        long project = server.components.newProject();
        server.components.insert(project, start, boundary, 50);
        List<BatchExport> due = new ArrayList<>();
        for (int index = 0; index < exports; index++) {
            BatchExport export = Exports.with("grid", IntervalGrid.of(new Frequency.Every(Duration.ofSeconds(5))))
                    .andThen(Exports.with("startAt", start))
                    .andThen(Exports.with("endAt", boundary))
                    .apply(server.memoryExport(project));
            due.add(server.stored(export));
        }
        for (BatchExport export : due) {
            server.orchestration.applySchedule(export);
            server.exports.scheduleApplied(export.id(), export.version());
        }

        Awaitility.await("all to have run")
                .atMost(SOON)
                .until(() -> due.stream()
                        .allMatch(export ->
                                server.runsOf(export).stream().anyMatch(run -> run.status() == RunStatus.COMPLETED)));

        for (BatchExport export : due) {
            assertThat(server.runsOf(export)).singleElement().satisfies(run -> {
                assertThat(run.interval().end()).isEqualTo(boundary);
                assertThat(run.recordsCompleted()).isEqualTo(50);
            });
        }
    }
}
