package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A program that knows nothing but the REST API.
final class Api {
    record Answer(int status, String body) {
        JsonNode json() {
            return JSON.readTree(body);
        }
    }

    static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;
    private final String token;

    Api(String url, String token) {
        this.url = url;
        this.token = token;
    }

    Answer get(String path) {
        return send("GET", path, BodyPublishers.noBody());
    }

    Answer post(String path, Object body) {
        return send("POST", path, BodyPublishers.ofString(JSON.writeValueAsString(body)));
    }

    /// Sends a body that need not be JSON.
    Answer postText(String path, String body) {
        return send("POST", path, BodyPublishers.ofString(body));
    }

    Answer patch(String path, Object body) {
        return send("PATCH", path, BodyPublishers.ofString(JSON.writeValueAsString(body)));
    }

    Answer delete(String path) {
        return send("DELETE", path, BodyPublishers.noBody());
    }

    private Answer send(String method, String path, HttpRequest.BodyPublisher body) {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create(url + path))
                            .header("Authorization", "Bearer " + token)
                            .header("Content-Type", "application/json")
                            .timeout(Duration.ofSeconds(60))
                            .method(method, body)
                            .build(),
                    BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static String exports(long project) {
        return "/api/projects/" + project + "/batch_exports/";
    }

    static String export(long project, String id) {
        return exports(project) + id + "/";
    }

    /// Creates an export and returns its id.
    String createExport(long project, Map<String, Object> body) {
        Answer answer = post(exports(project), body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        return answer.json().get("id").asString();
    }

    /// Exports one past interval, or several, by a backfill, and returns the backfill's id.
    String backfill(long project, String export, Instant start, Instant end) {
        Answer answer = post(
                export(project, export) + "backfills/", Map.of("start_at", start.toString(), "end_at", end.toString()));
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        return answer.json().get("id").asString();
    }

    /// The latest run of the interval that starts at a time; a missing node when there is none yet.
    JsonNode runOf(long project, String export, Instant intervalStart) {
        Answer answer = get(export(project, export) + "runs/?start=" + intervalStart + "&limit=100");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        for (JsonNode run : answer.json().get("results")) {
            if (Instant.parse(run.get("data_interval_start").asString()).equals(intervalStart)) {
                return run;
            }
        }
        return JSON.missingNode();
    }

    /// Waits until the latest run of an interval has a status.
    JsonNode awaitRun(long project, String export, Instant intervalStart, String status, Duration atMost) {
        Awaitility.await("run of " + intervalStart + " to be " + status)
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(250))
                .untilAsserted(() -> {
                    JsonNode run = runOf(project, export, intervalStart);
                    assertThat(run.path("status").asString(""))
                            .as(run.toString())
                            .isEqualTo(status);
                });
        return runOf(project, export, intervalStart);
    }
}
