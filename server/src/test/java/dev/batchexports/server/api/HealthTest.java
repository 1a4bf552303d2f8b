package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Component;
import dev.batchexports.server.TestServer;
import java.time.Duration;
import java.time.Instant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What operators see.
class HealthTest {
    private final ApiClient anybody = ApiClient.forNewProject().withToken("");

    @Test
    void liveNeedsNothing() {
        assertThat(anybody.send("GET", "/api/health/live", "")
                        .is(200)
                        .json()
                        .get("status")
                        .stringValue())
                .isEqualTo("ok");
        anybody.send("GET", "/api/health/live/", "").is(200);
    }

    @Test
    void readyNamesEachDependencyAndWhichOneIsMissing() {
        awaitReady(200, "ok");
        TestServer.get().platform().stop(Component.CLICKHOUSE);
        try {
            awaitReady(503, "unavailable");
        } finally {
            TestServer.get().platform().start(Component.CLICKHOUSE);
        }
        awaitReady(200, "ok");
    }

    private void awaitReady(int status, String clickHouse) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            ApiClient.Answer answer =
                    anybody.send("GET", "/api/health/ready", "").is(status);
            assertThat(answer.json().at("/dependencies/clickhouse/status").stringValue())
                    .isEqualTo(clickHouse);
            assertThat(answer.json().at("/dependencies/database/status").stringValue())
                    .isEqualTo("ok");
        });
    }

    @Test
    void metricsAreForPrometheusAndNameNoProject() {
        ApiClient.forNewProject().create(ApiClient.hourlyExport());

        ApiClient.Answer answer = anybody.send("GET", "/metrics", "").is(200);

        assertThat(answer.header("content-type")).startsWith("text/plain");
        assertThat(answer.body())
                .contains("jvm_memory_used_bytes", "http_server_requests", "hikaricp_connections")
                .doesNotContain("batch_exports/1", "events to S3");
    }

    @Test
    void metricsCountTheRunsOfEveryWorkerByTypeAndStatus() {
        ApiClient client = ApiClient.forNewProject();
        Runs runs = new Runs(client.create(ApiClient.hourlyExport()));
        runs.starting(Instant.parse("2026-03-01T01:00:00Z"));
        runs.completed(Instant.parse("2026-03-01T02:00:00Z"), 7);

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> assertThat(anybody.send("GET", "/metrics", "").body())
                                .contains("batch_exports_runs_unfinished{status=\"Starting\",type=\"S3\"}")
                                .contains("batch_exports_runs_finished_total{status=\"Completed\",type=\"S3\"}")
                                .contains("batch_exports_rows_total{type=\"S3\"}"));
    }
}
