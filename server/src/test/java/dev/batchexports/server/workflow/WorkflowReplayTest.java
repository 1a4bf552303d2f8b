package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.server.security.Keyring;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Workflows that began on earlier code go on with this code: every recorded history replays.
///
/// The histories are those of real runs and backfills on the real server. When a workflow is changed in
/// a way that they do not replay, `Workflow.getVersion` is missing; the old histories stay. Those of new
/// behaviour are recorded by [RecordHistories].
@TestInstance(Lifecycle.PER_CLASS)
class WorkflowReplayTest {
    static final Path FOLDER = Path.of("src", "test", "resources", "histories");

    private final TestWorkflowEnvironment environment =
            TestWorkflowEnvironment.newInstance(TestEnvironmentOptions.newBuilder()
                    .setWorkflowClientOptions(WorkflowClientOptions.newBuilder()
                            .setDataConverter(PayloadConverters.encrypted(Keyring.parse(TestServer.KEY)))
                            .build())
                    .build());
    private final Worker worker = environment.newWorker(TaskQueues.CONTROL);

    WorkflowReplayTest() {
        worker.registerWorkflowImplementationTypes(ExportWorkflow.class, BackfillWorkflowImplementation.class);
    }

    @AfterAll
    void close() {
        environment.close();
    }

    static List<Path> histories() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("histories")
    void replays(Path history) throws Exception {
        WorkflowReplayer.replayWorkflowExecution(WorkflowExecutionHistory.fromJson(read(history)), worker);
    }

    @Test
    void everyKindOfEndIsRecorded() throws IOException {
        assertThat(histories())
                .extracting(file -> file.getFileName().toString().replaceAll("\\..*", ""))
                .contains(
                        "run-completed",
                        "run-scheduled",
                        "run-skipped",
                        "run-retried",
                        "run-failed",
                        "run-gave-up",
                        "run-slices-lost",
                        "run-cancelled",
                        "run-cancelled-while-settling",
                        "run-cancelled-too-late",
                        "run-small",
                        "run-small-retried",
                        "run-small-cancelled",
                        "run-large",
                        "backfill-completed",
                        "backfill-busy",
                        "backfill-paused",
                        "backfill-cancelled",
                        "backfill-continued-1",
                        "backfill-continued-2");
    }

    @Test
    void aHistoryOfOtherCodeDoesNotReplay() throws IOException {
        String history = read(FOLDER.resolve("run-completed.json.gz"));
        assertThat(history).contains("\"name\":\"plan\"");

        WorkflowExecutionHistory other =
                WorkflowExecutionHistory.fromJson(history.replace("\"name\":\"plan\"", "\"name\":\"guess\""));

        assertThatThrownBy(() -> WorkflowReplayer.replayWorkflowExecution(other, worker))
                .hasStackTraceContaining("guess");
    }

    private static String read(Path file) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
