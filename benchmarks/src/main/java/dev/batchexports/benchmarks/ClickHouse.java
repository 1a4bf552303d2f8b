package dev.batchexports.benchmarks;

import dev.batchexports.embedded.Connections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/// The engine, as anybody reaches it.
final class ClickHouse implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final Connections connections;

    ClickHouse(Connections connections) {
        this.connections = connections;
    }

    /// @throws IllegalStateException with the engine's message if it refuses
    String run(String sql) {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create(connections.clickhouseUrl() + "/?database="
                                    + URLEncoder.encode(connections.clickhouseDatabase(), StandardCharsets.UTF_8)))
                            .header("X-ClickHouse-User", connections.clickhouseUser())
                            .header("X-ClickHouse-Key", connections.clickhousePassword())
                            .POST(BodyPublishers.ofString(sql))
                            .build(),
                    BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IllegalStateException(response.body());
            }
            return response.body().strip();
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
