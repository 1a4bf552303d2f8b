package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.DestinationSettings;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.security.Keyring;
import io.temporal.api.common.v1.Payload;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.failure.v1.Failure;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryRequest;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryResponse;
import io.temporal.common.converter.DataConverter;
import io.temporal.failure.ApplicationFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// What leaves this process for Temporal can be read by nobody who has not got the key.
class EncryptionTest {
    private static final String OLD_KEY = Keyring.generate();
    private static final String NEW_KEY = Keyring.generate();
    private static final RunInput INPUT = new RunInput(
            UUID.fromString("7d0e4c5e-4f2e-4c39-9a51-5dc2b7f6a001"), null, null, Instant.parse("2026-11-23T10:00:00Z"));

    private static DataConverter converter(String keys) {
        return PayloadConverters.encrypted(Keyring.parse(keys));
    }

    @Test
    void aPayloadComesBackAsItWas() {
        Payload payload = converter(OLD_KEY).toPayload(INPUT).orElseThrow();

        assertThat(converter(OLD_KEY).fromPayload(payload, RunInput.class, RunInput.class))
                .isEqualTo(INPUT);
        assertThat(payload.getMetadataOrThrow("encoding").toStringUtf8()).isEqualTo("binary/encrypted");
        assertThat(payload.getMetadataOrThrow("encryption-key-id").toStringUtf8())
                .isEqualTo(Keyring.parse(OLD_KEY).primaryKeyId());
        assertThat(payload.toByteString().toString(StandardCharsets.ISO_8859_1))
                .doesNotContain("7d0e4c5e")
                .doesNotContain("json");
    }

    @Test
    void payloadsOfAnEarlierKeyAreReadAsLongAsTheRingHoldsIt() {
        Payload payload = converter(OLD_KEY).toPayload(INPUT).orElseThrow();

        assertThat(converter(NEW_KEY + "," + OLD_KEY).fromPayload(payload, RunInput.class, RunInput.class))
                .isEqualTo(INPUT);
        assertThat(converter(NEW_KEY + "," + OLD_KEY)
                        .toPayload(INPUT)
                        .orElseThrow()
                        .getMetadataOrThrow("encryption-key-id")
                        .toStringUtf8())
                .isEqualTo(Keyring.parse(NEW_KEY).primaryKeyId());
        assertThatThrownBy(() -> converter(NEW_KEY).fromPayload(payload, RunInput.class, RunInput.class))
                .isInstanceOf(Keyring.UndecryptableException.class);
    }

    @Test
    void aPayloadThatWasNotEncryptedIsRead() {
        Payload payload = PayloadConverters.plain().toPayload(INPUT).orElseThrow();

        assertThat(converter(OLD_KEY).fromPayload(payload, RunInput.class, RunInput.class))
                .isEqualTo(INPUT);
    }

    @Test
    void ofAFailureOnlyItsTypeCanBeRead() {
        ApplicationFailure failure = Failures.toTemporal(
                ExportException.user("NoSuchBucket", "The bucket canary does not exist.", "Create canary."),
                Backoff.FIRST);

        Failure encoded = converter(OLD_KEY).exceptionToFailure(failure);

        assertThat(encoded.toString()).contains("NoSuchBucket").doesNotContain("canary");
        assertThat(Failures.fromTemporal((ApplicationFailure) converter(OLD_KEY).failureToException(encoded)))
                .satisfies(error -> {
                    assertThat(error.code()).isEqualTo("NoSuchBucket");
                    assertThat(error.message()).isEqualTo("The bucket canary does not exist.");
                    assertThat(error.fix()).isEqualTo("Create canary.");
                    assertThat(error.retryable()).isFalse();
                });
    }

    @Test
    void theHistoryOfARunHoldsNeitherConfigurationNorRowsNorErrorTexts() {
        MemoryDestination memory = new MemoryDestination();
        memory.behave(new MemoryDestination.Behaviour() {
            private int attempts;

            @Override
            public synchronized void writing(Slice slice, TransferProgress progress) {
                attempts++;
                throw attempts == 1
                        ? ExportException.passing("ShelfBusy", "canary-sentence-one", null)
                        : ExportException.user("NoSuchShelf", "canary-sentence-two", "canary-fix");
            }
        });
        try (TestServer server = TestServer.start(memory, Long.MAX_VALUE)) {
            long project = server.components.newProject();
            Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
            server.components.insert(project, end.minusSeconds(60), end, 3);
            BatchExport export = server.stored(server.export(
                    project, new DestinationSettings(MemoryDestination.TYPE, Map.of("place", "canary-place"), "")));

            Run run = server.awaitEnd(server.startRun(export, end).id(), Duration.ofSeconds(60));

            assertThat(run.status()).isEqualTo(RunStatus.FAILED);
            String history = history(server, run);
            assertThat(history)
                    .contains("NoSuchShelf", "WORKFLOW_EXECUTION_FAILED")
                    .doesNotContain("canary")
                    .doesNotContain("user-")
                    .doesNotContain("dev.batchexports");
        }
    }

    private static String history(TestServer server, Run run) {
        GetWorkflowExecutionHistoryResponse response;
        do {
            response = server.temporal.call(
                    stub -> stub.getWorkflowExecutionHistory(GetWorkflowExecutionHistoryRequest.newBuilder()
                            .setNamespace("default")
                            .setExecution(WorkflowExecution.newBuilder().setWorkflowId(run.workflowId()))
                            .build()));
        } while (!response.toString().contains("WORKFLOW_EXECUTION_FAILED"));
        return response.toString();
    }
}
