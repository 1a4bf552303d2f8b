package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Connections;
import dev.batchexports.server.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A program that knows nothing but the REST API and one project of its own.
final class ApiClient {
    static final JsonMapper JSON = JsonMapper.builder().build();

    record Answer(int status, HttpHeaders headers, String body) {
        JsonNode json() {
            return JSON.readTree(body);
        }

        Answer is(int expected) {
            assertThat(status).as(body).isEqualTo(expected);
            return this;
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        /// What is wrong, by pointer.
        Map<String, String> errors() {
            assertThat(header("content-type")).isEqualTo("application/problem+json");
            Map<String, String> errors = new LinkedHashMap<>();
            for (JsonNode error : json().path("errors")) {
                errors.put(
                        error.get("pointer").stringValue(), error.get("message").stringValue());
            }
            return errors;
        }
    }

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;
    private final String token;
    private final long project;

    ApiClient(String url, String token, long project) {
        this.url = url;
        this.token = token;
        this.project = project;
    }

    /// For a new project, with a token that may do everything.
    static ApiClient forNewProject() {
        TestServer server = TestServer.get();
        return new ApiClient(server.url(), TestServer.TOKEN, server.newProject());
    }

    ApiClient withToken(String other) {
        return new ApiClient(url, other, project);
    }

    long project() {
        return project;
    }

    /// @param path below the project's batch exports: `?limit=1`, `<id>/runs/`
    Answer get(String path) {
        return send("GET", exports() + path, "");
    }

    Answer post(String path, Object body) {
        return send("POST", exports() + path, JSON.writeValueAsString(body));
    }

    Answer patch(String path, Object body) {
        return send("PATCH", exports() + path, JSON.writeValueAsString(body));
    }

    Answer delete(String path) {
        return send("DELETE", exports() + path, "");
    }

    String exports() {
        return "/api/projects/" + project + "/batch_exports/";
    }

    /// @param path from the root, or a whole URL
    Answer send(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : url + path))
                .timeout(Duration.ofSeconds(60))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        if (headers.length > 0) {
            request.headers(headers);
        } else if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// Creates an export and returns its id.
    String create(Map<String, Object> body) {
        return post("", body).is(201).json().get("id").stringValue();
    }

    /// A valid hourly export to the embedded S3; change it before use.
    static Map<String, Object> hourlyExport() {
        Connections connections = TestServer.get().connections();
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("bucket_name", connections.s3Bucket());
        config.put("region", connections.s3Region());
        config.put("prefix", "api-tests");
        config.put("endpoint_url", connections.s3Endpoint());
        config.put("aws_access_key_id", connections.s3AccessKeyId());
        config.put("aws_secret_access_key", connections.s3SecretAccessKey());
        Map<String, Object> destination = new LinkedHashMap<>();
        destination.put("type", "S3");
        destination.put("config", config);
        Map<String, Object> export = new LinkedHashMap<>();
        export.put("name", "events to S3");
        export.put("model", "events");
        export.put("destination", destination);
        export.put("interval", "hour");
        return export;
    }

    /// A valid export with one parameter of its destination changed.
    static Map<String, Object> exportWithParameter(String parameter, Object value) {
        Map<String, Object> export = hourlyExport();
        config(export).put(parameter, value);
        return export;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> config(Map<String, Object> export) {
        Map<String, Object> destination = (Map<String, Object>) Objects.requireNonNull(export.get("destination"));
        return (Map<String, Object>) Objects.requireNonNull(destination.get("config"));
    }

    static List<String> texts(JsonNode array, String field) {
        return array.valueStream()
                .map(element -> element.path(field).asString(""))
                .toList();
    }
}
