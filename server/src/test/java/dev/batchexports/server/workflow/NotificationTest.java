package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.Settings;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.notify.Notification;
import dev.batchexports.server.notify.Outbox;
import dev.batchexports.server.notify.Receiver;
import dev.batchexports.server.notify.Webhook;
import dev.batchexports.server.notify.WebhookService;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What is told of runs and backfills, once each, and when failures pause an export.
@TestInstance(Lifecycle.PER_CLASS)
class NotificationTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final MemoryDestination memory = new MemoryDestination();
    /// Executes runs and backfills.
    private final TestServer server = start(Settings.Role.WORKER);
    /// Reconciles and delivers.
    private TestServer api = start(Settings.Role.API);
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private Receiver receiver = new Receiver();

    private TestServer start(Settings.Role role) {
        return TestServer.start(memory, TestServer.settings(role, Long.MAX_VALUE, TestServer.KEY));
    }

    @AfterAll
    void stop() {
        api.close();
        server.close();
        receiver.close();
    }

    @AfterEach
    void anotherReceiver() {
        receiver.close();
        receiver = new Receiver();
        shelf(true);
    }

    private void shelf(boolean exists) {
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                if (!exists) {
                    throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
                }
                return Set.of();
            }
        });
    }

    private BatchExport exportPausedAfter(int failures) {
        return server.stored(Exports.with("pauseAfterFailures", failures)
                .apply(server.memoryExport(server.components.newProject())));
    }

    private Webhook webhook(BatchExport export, List<String> events) {
        return server.bean(WebhookService.class)
                .create(
                        export.projectId(),
                        JSON.valueToTree(Map.of("url", receiver.url(), "secret", Receiver.SECRET, "events", events)));
    }

    /// Exports an interval that no run has exported yet.
    private void runEnds(BatchExport export, RunStatus status) {
        Instant boundary = end.minus(server.runsOf(export).size(), ChronoUnit.HOURS);
        assertThat(server.awaitEnd(server.startRun(export, boundary).id(), SOON).status())
                .isEqualTo(status);
    }

    private List<Receiver.Message> awaitMessages(int count) {
        Awaitility.await(count + " messages")
                .atMost(SOON)
                .until(() -> receiver.messages().size() >= count);
        return receiver.messages();
    }

    @Test
    void failingAndRecoveredAreToldOnceEach() {
        BatchExport export = exportPausedAfter(0);
        webhook(export, List.of());
        runEnds(export, RunStatus.COMPLETED);
        shelf(false);
        runEnds(export, RunStatus.FAILED);
        runEnds(export, RunStatus.FAILED);
        shelf(true);
        runEnds(export, RunStatus.COMPLETED);
        runEnds(export, RunStatus.COMPLETED);
        shelf(false);
        runEnds(export, RunStatus.FAILED);

        List<Receiver.Message> messages = awaitMessages(3);
        assertThat(messages)
                .extracting(Receiver.Message::type)
                .containsExactlyInAnyOrder("batch_export.failing", "batch_export.recovered", "batch_export.failing");
        assertThat(messages).allMatch(Receiver.Message::isSigned);
        assertThat(messages).extracting(Receiver.Message::id).doesNotHaveDuplicates();
        JsonNode data = messages.stream()
                .filter(message -> message.type().equals("batch_export.failing"))
                .findFirst()
                .orElseThrow()
                .json()
                .get("data");
        assertThat(data.get("batch_export_id").stringValue())
                .isEqualTo(export.id().toString());
        assertThat(data.at("/error/code").stringValue()).isEqualTo("NoSuchShelf");
        assertThat(data.at("/error/fix").stringValue()).isEqualTo("Create the shelf.");
        assertThat(server.exports.find(export.id()).orElseThrow().paused()).isFalse();
    }

    @Test
    void failuresInARowPauseTheExportAndUnpausingBeginsANewCount() {
        BatchExport export = exportPausedAfter(2);
        webhook(export, List.of("batch_export.paused"));
        server.orchestration.applySchedule(export);
        shelf(false);
        runEnds(export, RunStatus.FAILED);
        shelf(true);
        runEnds(export, RunStatus.COMPLETED);
        shelf(false);
        runEnds(export, RunStatus.FAILED);
        assertThat(server.exports.find(export.id()).orElseThrow().paused()).isFalse();
        runEnds(export, RunStatus.FAILED);

        BatchExport paused = server.exports.find(export.id()).orElseThrow();
        assertThat(paused.paused()).isTrue();
        assertThat(paused.pauseReason())
                .isEqualTo("2 runs in a row failed. The last error (NoSuchShelf): The shelf does not exist."
                        + " Create the shelf. Then unpause the batch export.");
        assertThat(paused.lastPausedAt()).isNotNull();
        Awaitility.await("schedule to be paused")
                .atMost(SOON)
                .until(() -> server.scheduleState(export).isPaused());
        assertThat(awaitMessages(1)).hasSize(1);
        assertThat(receiver.messages()
                        .getFirst()
                        .json()
                        .at("/data/pause_reason")
                        .stringValue())
                .isEqualTo(paused.pauseReason());

        server.changed(paused, Exports.with("paused", false).andThen(Exports.with("pauseReason", null))::apply);
        runEnds(export, RunStatus.FAILED);
        assertThat(server.exports.find(export.id()).orElseThrow().paused()).isFalse();
        runEnds(export, RunStatus.FAILED);
        assertThat(server.exports.find(export.id()).orElseThrow().paused()).isTrue();
        awaitMessages(2);
        server.orchestration.applySchedule(
                Exports.with("deletedAt", TestServer.now()).apply(export));
    }

    @Test
    void theRunsOfABackfillNeitherPauseNorCountAndItsEndIsTold() {
        BatchExport export = exportPausedAfter(2);
        webhook(export, List.of());
        server.components.insert(export.projectId(), end.minus(3, ChronoUnit.HOURS), end, 3);
        shelf(false);

        Backfill backfill = server.awaitEnd(
                server.startBackfill(export, end.minus(3, ChronoUnit.HOURS), end, BackfillScope.ALL, 1), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.FAILED);
        assertThat(server.exports.find(export.id()).orElseThrow().paused()).isFalse();
        assertThat(awaitMessages(1)).extracting(Receiver.Message::type).containsExactly("backfill.finished");
        JsonNode data = receiver.messages().getFirst().json().get("data");
        assertThat(data.get("status").stringValue()).isEqualTo("Failed");
        assertThat(data.get("failed_runs").intValue()).isEqualTo(3);
    }

    /// The outbox is in the database: a message that could not be delivered before a restart is delivered
    /// after it, under the same id.
    @Test
    void whatWasNotDeliveredBeforeARestartIsDeliveredAfterIt() {
        receiver.behave(Receiver.answering(503, "not now"));
        BatchExport export = exportPausedAfter(0);
        webhook(export, List.of());
        shelf(false);
        runEnds(export, RunStatus.FAILED);
        awaitMessages(2);
        api.close();
        int before = receiver.messages().size();
        receiver.behave(Receiver.answering(204, ""));
        assertThat(statuses(export)).containsExactly("pending");

        api = start(Settings.Role.API);

        Awaitility.await("delivery")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(statuses(export)).containsExactly("delivered"));
        assertThat(receiver.messages().size()).isGreaterThan(before);
        assertThat(receiver.messages().stream().map(Receiver.Message::id).distinct())
                .hasSize(1);
        assertThat(receiver.messages().stream().map(Receiver.Message::body).distinct())
                .hasSize(1);
    }

    private List<String> statuses(BatchExport export) {
        return server.bean(JdbcClient.class)
                .sql("""
                        select status from webhook_deliveries
                        join webhooks on webhooks.id = webhook_id where project_id = :project
                        """)
                .param("project", export.projectId())
                .query((row, number) -> row.getString("status"))
                .list();
    }

    @Test
    void aChangeIsToldOnceHoweverOftenItIsNoticed() {
        BatchExport export = exportPausedAfter(0);
        webhook(export, List.of("batch_export.gap_found"));
        Outbox outbox = server.bean(Outbox.class);
        Notification gap = Notification.gapFound(
                export, export.intervalScheduledAt(end).orElseThrow(), "The schedule did not start it.", Instant.now());

        assertThat(outbox.add(gap)).isTrue();
        assertThat(outbox.add(gap)).isFalse();

        awaitMessages(1);
        assertThat(statuses(export)).hasSize(1);
    }
}
