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
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// A worker can be watched, as `docs/operations.md` says, and says goodbye.
class WorkerPortTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "operations.md");
    private static final Pattern ROW =
            Pattern.compile("^\\| `([a-z_]+)` \\| (counter|gauge|histogram|summary) \\|([^|]*)\\|", Pattern.MULTILINE);
    private static final Pattern CODE = Pattern.compile("`(\\w+)`");
    private static final Pattern EXPRESSION = Pattern.compile("^ +expr: (.*)$", Pattern.MULTILINE);
    private static final Pattern METRIC =
            Pattern.compile("\\b(batch_exports|hikaricp|http_server|jvm|logback|temporal)_\\w+");

    private final Installation installation = Installation.get();
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void tellsMetricsAndHealthOnLoopbackAndSaysThatItStopped() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path configuration = Files.writeString(
                installation.folder.resolve("watched-worker.yaml"), "bx:\n  metrics:\n    port: " + port + "\n");
        Path log = installation.folder.resolve("watched-worker.log");
        try (BxProcess worker =
                installation.startWorker(Map.of("SPRING_CONFIG_ADDITIONAL_LOCATION", configuration.toString()), log)) {
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
            Awaitility.await("the metrics that are reported every ten seconds")
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .untilAsserted(() -> areAsDocumented(
                            installation.api.get("/metrics").body(),
                            get(port, "/metrics").body()));

            assertThat(worker.terminate()).isEqualTo(143);
        }
        assertThat(Files.readString(log).strip()).endsWith("Stopped.");
    }

    private static void areAsDocumented(String server, String worker) throws IOException {
        String text = Files.readString(DOCUMENT);
        assertThat(untrue(text, "### Of a server", server)).isEmpty();
        assertThat(untrue(text, "### Of a worker", worker)).isEmpty();
        assertThat(untrue(text, "### Of both", server)).isEmpty();
        assertThat(untrue(text, "### Of both", worker)).isEmpty();
        List<String> alerts = EXPRESSION
                .matcher(text)
                .results()
                .flatMap(expression -> METRIC.matcher(expression.group(1)).results())
                .map(MatchResult::group)
                .toList();
        assertThat(alerts).hasSizeGreaterThan(4).allMatch(name -> hasSample(name, "", server + worker));
    }

    /// The rows of a section that the metrics of a process do not bear out.
    private static List<String> untrue(String text, String title, String metrics) {
        String section = text.substring(text.indexOf(title) + title.length());
        List<MatchResult> rows = ROW.matcher(section.substring(0, section.indexOf("\n#")))
                .results()
                .toList();
        assertThat(rows).as(title).hasSizeGreaterThan(4);
        return rows.stream()
                .filter(row -> !isTrue(row, metrics))
                .map(MatchResult::group)
                .toList();
    }

    /// Whether there is a metric of this name and type, with these labels.
    private static boolean isTrue(MatchResult row, String metrics) {
        String name = row.group(1);
        return metrics.contains("# TYPE " + name + " " + row.group(2) + "\n")
                && CODE.matcher(row.group(3)).results().allMatch(label -> hasSample(name, label.group(1), metrics));
    }

    private static boolean hasSample(String name, String label, String metrics) {
        String labels = label.isEmpty() ? "[{ ]" : "\\{[^}]*\\b" + label + "=";
        return Pattern.compile("^" + name + "(_count)?" + labels, Pattern.MULTILINE)
                .matcher(metrics)
                .find();
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
