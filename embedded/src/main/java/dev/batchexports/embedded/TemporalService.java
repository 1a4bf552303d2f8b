package dev.batchexports.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Temporal's development server with its web UI, on a SQLite file.
final class TemporalService implements Service {
    private static final Duration RETENTION = Duration.ofDays(30);

    private final Path program;
    private final Path folder;
    private final LocalHttp http;
    private int port;
    private int uiPort;
    private int httpPort;
    private int metricsPort;

    TemporalService(Tools tools, Path folder, LocalHttp http) {
        this.program = tools.temporal();
        this.folder = folder;
        this.http = http;
    }

    @Override
    public Component component() {
        return Component.TEMPORAL;
    }

    @Override
    public void choosePorts(Ports ports) {
        port = ports.choose("temporal", 7233);
        uiPort = ports.choose("temporal.ui", 8233);
        httpPort = ports.choose("temporal.http");
        metricsPort = ports.choose("temporal.metrics");
    }

    @Override
    public GuardedProcess.Launch launch() {
        PrivateFile.folder(folder);
        List<String> command = new ArrayList<>(GuardedProcess.diesWithItsGuard());
        command.addAll(List.of(
                program.toString(),
                "server",
                "start-dev",
                "--db-filename",
                folder.resolve("temporal.db").toString(),
                "--ip",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--ui-port",
                Integer.toString(uiPort),
                "--http-port",
                Integer.toString(httpPort),
                "--metrics-port",
                Integer.toString(metricsPort),
                "--log-level",
                "warn",
                "--log-format",
                "text",
                // The default of 30 a second would spread many schedules of the same minute over it.
                "--dynamic-config-value",
                "worker.schedulerNamespaceStartWorkflowRPS=200",
                // Waiting tasks are given to workers by rank, then by turns of the projects. Both hold within a
                // partition of a queue: one is enough for a single machine, and the order is exact.
                "--dynamic-config-value",
                "matching.enableFairness=true",
                "--dynamic-config-value",
                "matching.numTaskqueueReadPartitions=1",
                "--dynamic-config-value",
                "matching.numTaskqueueWritePartitions=1"));
        return new GuardedProcess.Launch(command, Map.of(), "TERM", Duration.ofSeconds(5));
    }

    /// The namespace answers only once the front end, the history service and the database do. It starts with a
    /// retention of
    /// one day, which would hide last week's runs from the UI.
    @Override
    public boolean ready() {
        String namespace = "http://127.0.0.1:" + httpPort + "/api/v1/namespaces/default";
        Optional<LocalHttp.Answer> answer = http.get(namespace);
        if (answer.isEmpty() || answer.get().status() != 200) {
            return false;
        }
        String retention = "\"workflowExecutionRetentionTtl\":\"%ds\"".formatted(RETENTION.toSeconds());
        if (answer.get().body().contains(retention)) {
            return true;
        }
        http.post(
                namespace + "/update", "{\"config\": {" + retention + "}}", Map.of("Content-Type", "application/json"));
        return false;
    }

    @Override
    public Connections addTo(Connections connections) {
        return connections.withTemporal("127.0.0.1:" + port, "http://127.0.0.1:" + uiPort);
    }

    @Override
    public String address() {
        return "127.0.0.1:" + port + ", UI http://127.0.0.1:" + uiPort;
    }
}
