package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.TestServer;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.runs.StartedAttempt;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// What the web UI watches says what is in the database.
class MonitorRoutesTest {
    private static final RunError ERROR = new RunError("AccessDenied", "S3 denied it.", "Grant s3:PutObject.", false);

    private final TestServer server = TestServer.get();
    private final ApiClient client = ApiClient.forNewProject();
    private final RunStore runs = server.bean(RunStore.class);
    private final Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);

    private BatchExport export(String name, int hoursAgo) {
        Map<String, Object> body = ApiClient.hourlyExport();
        body.put("name", name);
        body.put("start_at", hour.minus(hoursAgo, ChronoUnit.HOURS).toString());
        return server.bean(ExportStore.class)
                .find(client.project(), UUID.fromString(client.create(body)))
                .orElseThrow();
    }

    private Run start(BatchExport export, Instant boundary) {
        return runs.create(
                new NewRun(
                        UUID.randomUUID(),
                        export.id(),
                        null,
                        null,
                        RunTrigger.SCHEDULE,
                        export.intervalScheduledAt(boundary).orElseThrow(),
                        boundary,
                        export.version(),
                        export.workflowId(boundary),
                        null),
                Instant.now());
    }

    private void run(BatchExport export, Instant boundary, RunStatus status, @Nullable RunError error) {
        Run run = start(export, boundary);
        StartedAttempt _ = runs.attemptStarted(run.id(), "plan", -1, Instant.now());
        runs.finish(run.id(), status, error, Instant.now());
    }

    private JsonNode summary(String name) {
        JsonNode overview = client.send("GET", "/api/projects/" + client.project() + "/overview/", "")
                .is(200)
                .json();
        return overview.get("exports")
                .valueStream()
                .filter(export -> export.get("name").stringValue().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void anOverviewTellsHealthGapsAndTheLatestIntervals() {
        BatchExport export = export("lake", 4);
        run(export, hour.minus(3, ChronoUnit.HOURS), RunStatus.COMPLETED, null);
        run(export, hour.minus(1, ChronoUnit.HOURS), RunStatus.COMPLETED, null);
        run(export, hour, RunStatus.FAILED, ERROR);

        JsonNode lake = summary("lake");

        assertThat(lake.get("health").stringValue()).isEqualTo("failing");
        assertThat(lake.get("strip").valueStream().map(JsonNode::stringValue))
                .containsExactly("completed", "missing", "completed", "failed");
        assertThat(lake.get("gaps").intValue()).isEqualTo(2);
        assertThat(lake.at("/latest_error/fix").stringValue()).isEqualTo("Grant s3:PutObject.");
        assertThat(Instant.parse(lake.get("fresh_until").stringValue())).isEqualTo(hour.minus(1, ChronoUnit.HOURS));
        assertThat(Instant.parse(lake.get("next_run_at").stringValue())).isAfter(Instant.now());

        run(export, hour, RunStatus.COMPLETED, null);
        assertThat(summary("lake").get("health").stringValue()).isEqualTo("healthy");
        client.post(export.id() + "/pause/", Map.of()).is(200);
        assertThat(summary("lake").get("health").stringValue()).isEqualTo("paused");
    }

    @Test
    void whatAnExportHasBeyondWhatIsExpectedOfItHidesNoGapOfAnother() {
        BatchExport skipped = export("skipped", 4);
        client.post(skipped.id() + "/pause/", Map.of()).is(200);
        server.bean(JdbcClient.class)
                .sql("update export_pauses set paused_at = ? where batch_export_id = ?")
                .params(Timestamp.from(hour.minus(3, ChronoUnit.HOURS)), skipped.id())
                .update();
        for (int hours = 0; hours < 4; hours++) {
            run(skipped, hour.minus(hours, ChronoUnit.HOURS), RunStatus.COMPLETED, null);
        }
        export("behind", 2);

        JsonNode overview = client.send("GET", "/api/projects/" + client.project() + "/overview/", "")
                .is(200)
                .json();

        assertThat(overview.get("expected_intervals").longValue()).isEqualTo(3);
        assertThat(overview.get("completed_intervals").longValue()).isEqualTo(1);
    }

    @Test
    void anotherProjectSeesNothingOfIt() {
        export("mine", 2);

        ApiClient other = ApiClient.forNewProject();

        assertThat(other.send("GET", "/api/projects/" + other.project() + "/overview/", "")
                        .is(200)
                        .json()
                        .get("exports")
                        .isEmpty())
                .isTrue();
    }

    @Test
    void aTimelineHoldsTheAttemptsOfEachStage() {
        BatchExport export = export("timeline", 1);
        Run run = start(export, hour);
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        assertThat(runs.attemptStarted(run.id(), "transfer", 0, now)).isEqualTo(new StartedAttempt(1, 0));
        runs.attemptFailed(run.id(), "transfer", 0, 1, ERROR, now.plusSeconds(1), now.plusMillis(500));
        assertThat(runs.attemptStarted(run.id(), "transfer", 0, now.plusSeconds(1)))
                .isEqualTo(new StartedAttempt(2, 0));

        JsonNode attempts = client.get(export.id() + "/runs/" + run.id() + "/timeline/")
                .is(200)
                .json()
                .get("attempts");

        assertThat(attempts.size()).isEqualTo(2);
        assertThat(attempts.get(0).at("/error/code").stringValue()).isEqualTo("AccessDenied");
        assertThat(attempts.get(0).get("slice").intValue()).isEqualTo(1);
        assertThat(attempts.get(1).get("finished_at").isNull()).isTrue();
        assertThat(summary("timeline").get("health").stringValue()).isEqualTo("healthy");
    }

    @Test
    void metricsAreThoseOfTheLatestCompletedRunOfEachInterval() {
        BatchExport export = export("metrics", 3);
        run(export, hour.minus(1, ChronoUnit.HOURS), RunStatus.COMPLETED, null);
        run(export, hour, RunStatus.COMPLETED, null);
        run(export, hour, RunStatus.COMPLETED, null);

        JsonNode metrics = client.get(export.id() + "/metrics/").is(200).json().get("results");

        assertThat(metrics.size()).isEqualTo(2);
        assertThat(Instant.parse(metrics.get(1).get("data_interval_end").stringValue()))
                .isEqualTo(hour);
        assertThat(metrics.get(1).get("lag_seconds").doubleValue()).isPositive();
    }

    @Test
    void theSystemNamesItsComponents() {
        JsonNode system = client.send("GET", "/api/system", "").is(200).json();

        assertThat(ApiClient.texts(system.get("components"), "name")).contains("PostgreSQL", "ClickHouse");
        assertThat(ApiClient.texts(system.get("components"), "status")).containsOnly("ok");
        assertThat(ApiClient.texts(system.get("components"), "version")).doesNotContain("");
    }

    @Test
    void eventsTellWhatChangesAndResumeBehindTheLastOne() {
        BatchExport export = export("events", 3);
        List<String> seen = new CopyOnWriteArrayList<>();
        try (HttpClient http = HttpClient.newHttpClient()) {
            Thread.ofVirtual().start(() -> follow(http, "", seen));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(seen).contains(":connected"));
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(() -> {
                        run(export, hour, RunStatus.COMPLETED, null);
                        assertThat(seen)
                                .contains("event:run")
                                .anyMatch(line -> line.contains(export.id().toString()));
                    });

            String lastId = seen.stream()
                    .filter(line -> line.startsWith("id:"))
                    .findFirst()
                    .orElseThrow()
                    .substring(3);
            List<String> resumed = new CopyOnWriteArrayList<>();
            Thread.ofVirtual().start(() -> follow(http, lastId, resumed));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(resumed).contains("event:run", "event:batch_export"));
            http.shutdownNow();
        }
    }

    private void follow(HttpClient http, String lastId, List<String> lines) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(server.url() + "/api/projects/" + client.project() + "/events/"))
                .header("Authorization", "Bearer " + TestServer.TOKEN)
                .header("Accept", "text/event-stream");
        if (!lastId.isEmpty()) {
            request.header("Last-Event-ID", lastId);
        }
        try (Stream<String> stream =
                http.send(request.build(), HttpResponse.BodyHandlers.ofLines()).body()) {
            stream.forEach(lines::add);
        } catch (java.io.IOException | InterruptedException | java.io.UncheckedIOException e) {
            lines.add("ended");
        }
    }
}
