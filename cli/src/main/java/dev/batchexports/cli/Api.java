package dev.batchexports.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The REST API of a server, for one project. Whatever fails is a [CommandFailure].
final class Api {
    static final int PAGE = 1_000;

    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern CURSOR = Pattern.compile("[?&]cursor=([^&]+)");

    /// @param body empty when the answer has none
    record Reply(int status, String body) {}

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final ServerAddress server;
    private final long project;

    Api(ServerAddress server, long project) {
        this.server = server;
        this.project = project;
    }

    ServerAddress server() {
        return server;
    }

    long project() {
        return project;
    }

    /// The path of the project's batch exports, with a trailing slash.
    String exports() {
        return "/api/projects/" + project + "/batch_exports/";
    }

    /// @param path from the root
    Answer get(String path) {
        return answer(send("GET", path, ""));
    }

    Answer post(String path, Object body) {
        return answer(send("POST", path, JSON.writeValueAsString(body)));
    }

    /// For routes that take no body.
    Answer post(String path) {
        return answer(send("POST", path, ""));
    }

    Answer patch(String path, Object body) {
        return answer(send("PATCH", path, JSON.writeValueAsString(body)));
    }

    void delete(String path) {
        answer(send("DELETE", path, ""));
    }

    /// The first items of a list, page by page.
    ///
    /// @param query parameters without `limit` and `cursor`; those with an empty value are left out
    List<Answer> list(String path, Map<String, List<String>> query, int limit) {
        List<Answer> found = new ArrayList<>();
        Optional<String> cursor = Optional.empty();
        do {
            StringBuilder url = new StringBuilder(path).append("?limit=").append(Math.min(PAGE, limit - found.size()));
            query.forEach((name, values) -> values.stream()
                    .filter(value -> !value.isEmpty())
                    .forEach(value -> url.append('&').append(name).append('=').append(encode(value))));
            cursor.ifPresent(value -> url.append("&cursor=").append(value));
            Answer page = get(url.toString());
            found.addAll(page.list("results"));
            cursor = cursor(page.text("next"));
        } while (cursor.isPresent() && found.size() < limit);
        return List.copyOf(found);
    }

    /// What the server answers, failure or not.
    Reply send(String method, String path, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path))
                .header("Authorization", "Bearer " + server.token())
                .header("Accept", "application/json, application/problem+json")
                .timeout(PATIENCE)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!method.equals("GET")) {
            request.header("Content-Type", "application/json");
        }
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            return new Reply(response.statusCode(), response.body());
        } catch (ConnectException | HttpConnectTimeoutException e) {
            throw new CommandFailure(server.howToStart());
        } catch (HttpTimeoutException e) {
            throw new CommandFailure("The server at " + server.url() + " did not answer within " + PATIENCE.toSeconds()
                    + " s: `./bx doctor` says what is wrong.");
        } catch (IOException e) {
            throw new CommandFailure("The connection to " + server.url() + " failed (" + e.getMessage()
                    + "): is it a Batch Exports server, and does it still run?");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("Interrupted.");
        }
    }

    private Answer answer(Reply reply) {
        if (reply.status() >= 300) {
            throw Refusal.of(reply, server);
        }
        return new Answer(reply.body().isEmpty() ? JSON.createObjectNode() : json(reply.body()));
    }

    private JsonNode json(String body) {
        try {
            return JSON.readTree(body);
        } catch (JacksonException e) {
            throw new CommandFailure("What answers at " + server.url()
                    + " is not a Batch Exports server: change --server or BX_API_URL.");
        }
    }

    private static Optional<String> cursor(String next) {
        Matcher matcher = CURSOR.matcher(next);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
