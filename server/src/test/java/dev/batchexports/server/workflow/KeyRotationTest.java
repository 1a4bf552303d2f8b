package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.notify.Receiver;
import dev.batchexports.server.notify.WebhookService;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.security.Keyring;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/// A key is replaced by another while exports run, as `docs/threat-model.md` says how.
class KeyRotationTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final String OLD = TestServer.KEY;
    private static final String NEW = Keyring.generate();

    private final Components components = Components.get();
    private final MemoryDestination memory = new MemoryDestination();
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private final long project = components.newProject();
    private final CountDownLatch writing = new CountDownLatch(1);
    private final AtomicBoolean holding = new AtomicBoolean(true);

    private TestServer start(String keys) {
        return TestServer.start(memory, TestServer.settings(Settings.Role.ALL, Long.MAX_VALUE, keys));
    }

    @Test
    void aKeyIsReplacedWhileARunIsUnderWayAndTheOldOneIsThenNeededByNothing() {
        holdTheFirstTransfer();
        components.insert(project, end.minus(1, ChronoUnit.HOURS), end, 100);
        Run underWay;
        BatchExport withSecrets;
        BatchExport ticking;
        UUID webhook;
        try (TestServer old = start(OLD)) {
            withSecrets = old.stored(old.s3Export(project, "rotated"));
            ticking = old.stored(Exports.with("grid", IntervalGrid.of(new Frequency.Every(Duration.ofSeconds(5))))
                    .apply(old.memoryExport(components.newProject())));
            webhook = old.bean(WebhookService.class)
                    .create(
                            project,
                            JsonMapper.shared()
                                    .valueToTree(Map.of("url", "http://127.0.0.1:9/", "secret", Receiver.SECRET)))
                    .id();
            underWay = old.startRun(old.stored(old.memoryExport(project)), end);
            awaitScheduledRun(old, ticking);
            Awaitility.await("transfer").atMost(SOON).until(() -> writing.getCount() == 0);
            assertThat(secretOf(old, withSecrets.id(), OLD)).contains("aws_secret_access_key");
        }

        holding.set(false);
        try (TestServer both = start(NEW + "," + OLD)) {
            Run run = both.awaitEnd(underWay.id(), SOON);
            assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(memory.committed(run).orElseThrow()).hasSize(100);
            awaitRotated(both, withSecrets, ticking, webhook, NEW);
            assertThat(both.exports.find(withSecrets.id()).orElseThrow().version())
                    .isEqualTo(withSecrets.version());
            awaitEndOfAllUntilNow(both, ticking);
        }

        try (TestServer fresh = start(NEW)) {
            awaitScheduledRun(fresh, ticking);
            Run run = fresh.awaitEnd(
                    fresh.startRun(fresh.exports.find(withSecrets.id()).orElseThrow(), end)
                            .id(),
                    SOON);
            assertThat(run.status()).as("%s", run.latestError()).isEqualTo(RunStatus.COMPLETED);
            assertThat(run.recordsCompleted()).isEqualTo(100);
            assertThatThrownBy(() -> secretOf(fresh, withSecrets.id(), OLD))
                    .isInstanceOf(Keyring.UndecryptableException.class);
        }

        // Back again, for the tests that share these components.
        try (TestServer back = start(OLD + "," + NEW)) {
            awaitRotated(back, withSecrets, ticking, webhook, OLD);
            back.changed(ticking, Exports.with("deletedAt", TestServer.now()));
            awaitEndOfAllUntilNow(back, ticking);
        }
    }

    private void holdTheFirstTransfer() {
        CountDownLatch never = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                if (holding.get()) {
                    writing.countDown();
                    never.await();
                }
            }
        });
    }

    /// Waits for a run of the schedule that begins from now on and completes: its input comes from the schedule.
    private static void awaitScheduledRun(TestServer server, BatchExport export) {
        Instant now = Instant.now();
        Awaitility.await("scheduled run")
                .atMost(SOON)
                .until(() -> server.runsOf(export).stream()
                        .anyMatch(run -> run.trigger() == RunTrigger.SCHEDULE
                                && run.createdAt().isAfter(now)
                                && run.status() == RunStatus.COMPLETED));
    }

    /// An earlier key is needed until what began with it has ended.
    private static void awaitEndOfAllUntilNow(TestServer server, BatchExport export) {
        Instant now = Instant.now();
        Awaitility.await("runs to end")
                .atMost(SOON)
                .until(() -> server.runsOf(export).stream()
                        .allMatch(run ->
                                run.status().isFinished() || run.createdAt().isAfter(now)));
    }

    private static void awaitRotated(
            TestServer server, BatchExport withSecrets, BatchExport ticking, UUID webhook, String key) {
        String keyId = Keyring.parse(key).primaryKeyId();
        Awaitility.await("rotation").atMost(SOON).untilAsserted(() -> {
            assertThat(server.scheduleState(withSecrets).getNote()).endsWith("key " + keyId);
            assertThat(server.scheduleState(ticking).getNote()).endsWith("key " + keyId);
        });
        assertThat(secretOf(server, withSecrets.id(), key)).contains("aws_secret_access_key");
        assertThat(decrypted(server, "select secret from webhooks where id = :id", webhook, "webhook-secret:", key))
                .isEqualTo(Receiver.SECRET);
    }

    private static String secretOf(TestServer server, UUID export, String key) {
        return decrypted(
                server,
                "select destination_secrets from batch_exports where id = :id",
                export,
                "destination-secrets:",
                key);
    }

    private static String decrypted(TestServer server, String sql, UUID id, String context, String key) {
        String cipher = server.bean(JdbcClient.class)
                .sql(sql)
                .param("id", id)
                .query(String.class)
                .single();
        return new String(
                Keyring.parse(key)
                        .decrypt(Base64.getDecoder().decode(cipher), (context + id).getBytes(StandardCharsets.UTF_8)),
                StandardCharsets.UTF_8);
    }
}
