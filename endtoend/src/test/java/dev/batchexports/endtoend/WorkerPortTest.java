package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// A worker can be watched, and says goodbye.
class WorkerPortTest {
    private final Installation installation = Installation.get();
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void tellsMetricsAndHealthOnLoopbackAndSaysThatItStopped() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path log = installation.folder.resolve("watched-worker.log");
        try (BxProcess worker = installation.startWorker(Map.of("BX_METRICS_PORT", Integer.toString(port)), log)) {
            Awaitility.await("the worker to be ready")
                    .atMost(Duration.ofSeconds(90))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(get(port, "/health/ready").body())
                            .contains("\"database\"", "\"clickhouse\"", "\"temporal\"", "\"workers\"")
                            .doesNotContain("unavailable"));

            assertThat(get(port, "/health/live").statusCode()).isEqualTo(200);
            assertThat(get(port, "/metrics").body())
                    .contains("jvm_memory_used_bytes", "hikaricp_connections", "temporal_");
            assertThat(get(port, "/metrics/more").statusCode()).isEqualTo(404);

            assertThat(worker.terminate()).isEqualTo(143);
        }
        assertThat(Files.readString(log).strip()).endsWith("Stopped.");
    }

    private HttpResponse<String> get(int port, String path) {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .timeout(Duration.ofSeconds(20))
                            .build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
