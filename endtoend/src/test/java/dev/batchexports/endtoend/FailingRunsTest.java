package dev.batchexports.endtoend;

import static dev.batchexports.endtoend.Installation.change;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Component;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What is retried, what is not, and what is left behind. Deaths of a worker at the worst moments are those
/// of [CampaignTest].
class FailingRunsTest {
    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final Table table = installation.table;
    private final Bucket bucket = installation.bucket;
    private final long project = installation.newProject();
    private final Instant start = Installation.hourAgo(5);
    private final Instant end = start.plus(1, ChronoUnit.HOURS);

    @Test
    void aWrongSecretFailsAtOnceAndSaysWhatToChange() {
        table.insert(project, start, 3600, 10);
        Map<String, Object> body = installation.hourlyExport("wrong-secret");
        change(body, "aws_secret_access_key", "not-the-secret");
        String export = api.createExport(project, body);

        api.backfill(project, export, start, end);
        JsonNode run = api.awaitRun(project, export, start, "Failed", Duration.ofSeconds(30));

        JsonNode error = run.get("latest_error");
        assertThat(error.get("code").asString()).isEqualTo("SignatureDoesNotMatch");
        assertThat(error.get("retryable").asBoolean()).isFalse();
        assertThat(error.get("message").asString()).isNotBlank();
        assertThat(error.get("fix").asString()).contains("secret access key");
        assertThat(run.get("attempt").asInt()).isEqualTo(1);
        String logs = api.get(
                        Api.export(project, export) + "runs/" + run.get("id").asString() + "/logs/?level=ERROR")
                .body();
        assertThat(logs).contains(error.get("message").asString());
    }

    @Test
    void aRunThatFailedCanBeRetriedOnceTheConfigurationIsMended() {
        table.insert(project, start, 3600, 100);
        Map<String, Object> body = installation.hourlyExport("mended");
        change(body, "bucket_name", "no-such-bucket");
        String export = api.createExport(project, body);
        api.backfill(project, export, start, end);
        JsonNode failed = api.awaitRun(project, export, start, "Failed", Duration.ofSeconds(30));
        assertThat(failed.get("latest_error").get("code").asString()).isEqualTo("NoSuchBucket");

        Api.Answer patched = api.patch(
                Api.export(project, export),
                Map.of("destination", Map.of("config", Map.of("bucket_name", installation.connections.s3Bucket()))));
        assertThat(patched.status()).as(patched.body()).isEqualTo(200);
        api.post(Api.export(project, export) + "runs/" + failed.get("id").asString() + "/retry/", Map.of());
        api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

        assertThat(bucket.uuids("mended/"))
                .hasSize(100)
                .containsExactlyInAnyOrderElementsOf(table.uuids(project, start, end));
    }

    @Test
    void anOutageOfTheDestinationIsRetriedUntilItIsOver() {
        table.insert(project, start, 3600, 1000);
        String export = api.createExport(project, installation.hourlyExport("outage"));
        installation.platform.stop(Component.S3);
        try {
            api.backfill(project, export, start, end);
            Awaitility.await("the run to show why it is retried")
                    .atMost(Duration.ofSeconds(40))
                    .untilAsserted(() -> {
                        JsonNode run = api.runOf(project, export, start);
                        assertThat(run.path("status").asString("")).isEqualTo("Running");
                        assertThat(run.path("latest_error").path("retryable").asBoolean(false))
                                .isTrue();
                        assertThat(run.path("attempt").asInt()).isGreaterThan(1);
                    });
        } finally {
            installation.platform.start(Component.S3);
        }
        JsonNode run = api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(90));

        assertThat(run.get("latest_error").isNull()).isTrue();
        assertExactlyOnce("outage/");
    }

    @Test
    void temporalAndClickHouseMayDieInTheMiddle() {
        table.insert(project, start, 3600, 60_000);
        String export = api.createExport(project, installation.hourlyExport("deaths"));

        api.backfill(project, export, start, end);
        installation.platform.kill(Component.CLICKHOUSE);
        installation.platform.kill(Component.TEMPORAL);
        installation.platform.start(Component.TEMPORAL);
        installation.platform.start(Component.CLICKHOUSE);
        api.awaitRun(project, export, start, "Completed", Duration.ofMinutes(2));

        assertExactlyOnce("deaths/");
    }

    @Test
    void aCancelledRunLeavesNothingBehind() {
        table.insert(project, start, 3600, 200_000);
        String export = api.createExport(project, installation.hourlyExport("cancelled"));
        api.backfill(project, export, start, end);
        JsonNode run = api.awaitRun(project, export, start, "Running", Duration.ofSeconds(30));

        Api.Answer cancelled =
                api.post(Api.export(project, export) + "runs/" + run.get("id").asString() + "/cancel/", Map.of());
        assertThat(cancelled.status()).as(cancelled.body()).isEqualTo(200);
        api.awaitRun(project, export, start, "Cancelled", Duration.ofSeconds(60));

        assertThat(bucket.keys("cancelled/")).isEmpty();
        assertThat(bucket.unfinishedUploads("cancelled/")).isEmpty();
        assertThat(api.post(
                                Api.export(project, export) + "runs/"
                                        + run.get("id").asString() + "/cancel/",
                                Map.of())
                        .status())
                .isEqualTo(409);
    }

    private void assertExactlyOnce(String prefix) {
        assertThat(bucket.uuids(prefix))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(table.uuids(project, start, end));
        assertThat(bucket.unfinishedUploads(prefix)).isEmpty();
    }
}
