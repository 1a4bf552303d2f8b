package dev.batchexports.server.health;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.batchexports.server.Settings;
import dev.batchexports.server.store.Json;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Where a worker, which has no API, is watched: `/metrics` for Prometheus, `/health/live` and
/// `/health/ready` for whoever keeps it running. Without a token, hence on the loopback interface unless its
/// operator says otherwise; nothing here names a project, an export or an address.
final class WorkerPort implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPort.class);
    private static final String TEXT = "text/plain;version=0.0.4;charset=utf-8";
    private static final String JSON = "application/json";

    private final Settings.Metrics settings;
    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean running;

    WorkerPort(Settings.Metrics settings, Readiness readiness, PrometheusMeterRegistry metrics) {
        this.settings = settings;
        try {
            server = HttpServer.create(new InetSocketAddress(settings.host(), settings.port()), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "Port " + settings.port() + " of " + settings.host()
                            + " cannot be listened on: set BX_METRICS_PORT to a free one.",
                    e);
        }
        server.setExecutor(executor);
        server.createContext("/metrics", exchange -> answer(exchange, "/metrics", 200, TEXT, metrics.scrape()));
        server.createContext(
                "/health/live",
                exchange -> answer(exchange, "/health/live", 200, JSON, Json.write(Map.of("status", "ok"))));
        server.createContext("/health/ready", exchange -> {
            Readiness.Outcome outcome = readiness.outcome();
            answer(exchange, "/health/ready", outcome.isReady() ? 200 : 503, JSON, Json.write(described(outcome)));
        });
    }

    private static Map<String, Object> described(Readiness.Outcome outcome) {
        Map<String, Object> dependencies = new LinkedHashMap<>();
        outcome.problems()
                .forEach((name, problem) -> dependencies.put(
                        name,
                        Map.of("status", problem.isEmpty() ? "ok" : "unavailable", "message", problem.orElse(""))));
        return Map.of("status", outcome.isReady() ? "ok" : "unavailable", "dependencies", dependencies);
    }

    private static void answer(HttpExchange exchange, String path, int status, String type, String body)
            throws IOException {
        try (exchange) {
            if (!exchange.getRequestURI().getPath().equals(path)) {
                exchange.sendResponseHeaders(404, -1);
            } else if (!exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET");
                exchange.sendResponseHeaders(405, -1);
            } else {
                byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", type);
                exchange.sendResponseHeaders(status, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    @Override
    public void start() {
        server.start();
        running = true;
        LOG.info("Metrics and health are at http://{}:{}", settings.host(), settings.port());
    }

    @Override
    public void stop() {
        running = false;
        server.stop(0);
        executor.shutdown();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
