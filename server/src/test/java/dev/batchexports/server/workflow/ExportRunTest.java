package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a run does, seen from its row, its log and its destination.
class ExportRunTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final MemoryDestination memory = new MemoryDestination();
    private final TestServer server = TestServer.start(memory, 50_000);
    private final long project = server.components.newProject();
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private final Instant start = end.minus(1, ChronoUnit.HOURS);

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void exportsEveryRowOfItsInterval() {
        server.components.insert(project, start, end, 1000);
        BatchExport export = server.stored(server.memoryExport(project));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        System.out.println(run);
        server.logOf(export).forEach(System.out::println);
        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.committed().get(run.interval())).hasSize(1000);
    }

    @Test
    void exportsToS3() {
        server.components.insert(project, start, end, 1000);
        BatchExport export = server.stored(server.s3Export(project, "run"));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        System.out.println(run);
        server.logOf(export).forEach(System.out::println);
        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
    }
}
