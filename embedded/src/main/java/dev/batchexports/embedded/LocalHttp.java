package dev.batchexports.embedded;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// Short questions to components on this machine.
final class LocalHttp implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();

    /// What a component answered.
    record Answer(int status, String body) {}

    /// Empty if nobody answers.
    Optional<Answer> get(String url) {
        return send(HttpRequest.newBuilder(URI.create(url)));
    }

    /// Empty if nobody answers.
    Optional<Answer> post(String url, String body, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).POST(BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return send(request);
    }

    /// Empty if nobody answers.
    Optional<Answer> put(String url, String body) {
        return send(HttpRequest.newBuilder(URI.create(url)).PUT(BodyPublishers.ofString(body)));
    }

    /// Empty if nobody answers.
    Optional<Answer> delete(String url) {
        return send(HttpRequest.newBuilder(URI.create(url)).DELETE());
    }

    private Optional<Answer> send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = client.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString());
            return Optional.of(new Answer(response.statusCode(), response.body()));
        } catch (IOException _) {
            return Optional.empty();
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw new EmbeddedException("The start was interrupted.", failure);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
