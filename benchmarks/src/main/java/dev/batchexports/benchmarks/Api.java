package dev.batchexports.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The REST API, as a client sees it.
final class Api implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;
    private final String token;

    Api(String url, String token) {
        this.url = url;
        this.token = token;
    }

    boolean isReady() {
        try {
            return send("GET", "/api/health/ready", BodyPublishers.noBody()).statusCode() == 200;
        } catch (UncheckedIOException _) {
            return false;
        }
    }

    /// @param path below the batch exports of the project
    JsonNode get(String path) {
        return json(send("GET", exports() + path, BodyPublishers.noBody()));
    }

    /// Components, task queues and workers.
    JsonNode system() {
        return json(send("GET", "/api/system", BodyPublishers.noBody()));
    }

    JsonNode post(String path, Object body) {
        return json(send("POST", exports() + path, BodyPublishers.ofString(JSON.writeValueAsString(body))));
    }

    /// Posts, unless the server says that it is too early.
    boolean accepts(String path, Object body) {
        HttpResponse<String> response =
                send("POST", exports() + path, BodyPublishers.ofString(JSON.writeValueAsString(body)));
        if (response.statusCode() == 409) {
            return false;
        }
        JsonNode _ = json(response);
        return true;
    }

    private static String exports() {
        return "/api/projects/" + Rows.PROJECT + "/batch_exports/";
    }

    private static JsonNode json(HttpResponse<String> response) {
        if (response.statusCode() >= 300) {
            throw new IllegalStateException("HTTP status " + response.statusCode() + ": " + response.body());
        }
        return JSON.readTree(response.body());
    }

    private HttpResponse<String> send(String method, String path, HttpRequest.BodyPublisher body) {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create(url + path))
                            .header("Authorization", "Bearer " + token)
                            .header("Content-Type", "application/json")
                            .timeout(Duration.ofSeconds(60))
                            .method(method, body)
                            .build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
