package dev.batchexports.benchmarks;

import com.google.protobuf.ByteString;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import dev.batchexports.server.security.Keyring;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryRequest;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryResponse;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// Everything that takes part, each a process of its own: the embedded components, `bx server` and one `bx worker`.
final class Laboratory implements AutoCloseable {
    private static final String TOKEN = "bxt_benchmark-on-this-machine";
    private static final Duration START = Duration.ofMinutes(2);

    private final EmbeddedPlatform platform;
    private final Path logs;
    private final Map<String, String> environment;
    private final JavaProcess server;
    private final JavaProcess worker;
    private final Api api;
    private final ClickHouse clickhouse;
    private final Store store;

    private Laboratory(
            EmbeddedPlatform platform,
            Path logs,
            Map<String, String> environment,
            JavaProcess server,
            JavaProcess worker,
            Api api) {
        this.platform = platform;
        this.logs = logs;
        this.environment = environment;
        this.server = server;
        this.worker = worker;
        this.api = api;
        this.clickhouse = new ClickHouse(platform.connections());
        this.store = new Store(platform.connections());
    }

    /// @param further environment variables of server and worker
    static Laboratory open(Path folder, Map<String, String> further, Consumer<String> progress)
            throws IOException, InterruptedException {
        Path logs = Files.createDirectories(folder.resolve("log"));
        EmbeddedPlatform platform = EmbeddedPlatform.start(Options.forTests(folder, Component.values())
                .withBucket("benchmark")
                .withProgress(progress));
        try {
            int port = freePort();
            Map<String, String> environment = environment(platform.connections(), port);
            environment.putAll(further);
            String mainClass = dev.batchexports.server.Main.class.getName();
            JavaProcess server = JavaProcess.start(
                    logs.resolve("bx-server.log"), JavaProcess.Talk.NONE, environment, mainClass, "server");
            Api api = new Api("http://127.0.0.1:" + port, TOKEN);
            // The server makes the tables of the database: the worker is to find them.
            JavaProcess worker = JavaProcess.start(
                    logs.resolve("bx-worker.log"), JavaProcess.Talk.NONE, environment, mainClass, "worker");
            Waiting.until("that server and worker are ready", START, api::isReady);
            return new Laboratory(platform, logs, environment, server, worker, api);
        } catch (IOException | InterruptedException | RuntimeException failure) {
            platform.close();
            throw failure;
        }
    }

    private static Map<String, String> environment(Connections connections, int port) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("BX_TEMPORAL_ADDRESS", connections.temporalAddress());
        environment.put("BX_CLICKHOUSE_URL", connections.clickhouseUrl());
        environment.put("BX_CLICKHOUSE_USER", connections.clickhouseUser());
        environment.put("BX_CLICKHOUSE_PASSWORD", connections.clickhousePassword());
        environment.put("BX_CLICKHOUSE_DATABASE", connections.clickhouseDatabase());
        environment.put("BX_DATABASE_URL", connections.databaseUrl());
        environment.put("BX_DATABASE_USER", connections.databaseUser());
        environment.put("BX_DATABASE_PASSWORD", connections.databasePassword());
        environment.put("BX_ENCRYPTION_KEYS", Keyring.generate());
        environment.put("BX_HTTP_PORT", Integer.toString(port));
        environment.put("BX_SECURITY_BOOTSTRAP_TOKEN", TOKEN);
        environment.put("BX_LIMITS_ALLOW_PRIVATE_ENDPOINTS", "true");
        environment.put("BX_LIMITS_ALLOW_SHORT_INTERVALS", "true");
        return environment;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    Connections connections() {
        return platform.connections();
    }

    Api api() {
        return api;
    }

    ClickHouse clickhouse() {
        return clickhouse;
    }

    Store store() {
        return store;
    }

    Path logs() {
        return logs;
    }

    Map<String, String> environment() {
        return Map.copyOf(environment);
    }

    Meter meterOf(Component component) {
        return Meter.start(platform.pid(component));
    }

    Meter meterOfServer() {
        return Meter.start(server.pid());
    }

    Meter meterOfWorker() {
        return Meter.start(worker.pid());
    }

    long workerPid() {
        return worker.pid();
    }

    /// One more worker beside the first.
    JavaProcess startWorker(String name) {
        return JavaProcess.start(
                logs.resolve("bx-" + name + ".log"),
                JavaProcess.Talk.NONE,
                environment,
                dev.batchexports.server.Main.class.getName(),
                "worker");
    }

    /// Whether Temporal knows that a worker asks for slices of S3 exports.
    boolean asksForWork(long pid) {
        for (JsonNode queue : api.system().get("queues")) {
            for (JsonNode poller : queue.get("workers")) {
                if (queue.get("name").asString().endsWith("s3-export")
                        && poller.get("identity").asString().startsWith(pid + "@")) {
                    return true;
                }
            }
        }
        return false;
    }

    /// What Temporal has recorded of a workflow.
    List<HistoryEvent> history(String workflowId, String workflowRunId) {
        WorkflowServiceStubs stubs = WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder()
                .setTarget(connections().temporalAddress())
                .build());
        try {
            List<HistoryEvent> events = new ArrayList<>();
            ByteString next = ByteString.EMPTY;
            do {
                GetWorkflowExecutionHistoryResponse page = stubs.blockingStub()
                        .getWorkflowExecutionHistory(GetWorkflowExecutionHistoryRequest.newBuilder()
                                .setNamespace("default")
                                .setExecution(WorkflowExecution.newBuilder()
                                        .setWorkflowId(workflowId)
                                        .setRunId(workflowRunId))
                                .setNextPageToken(next)
                                .build());
                events.addAll(page.getHistory().getEventsList());
                next = page.getNextPageToken();
            } while (!next.isEmpty());
            return events;
        } finally {
            stubs.shutdownNow();
        }
    }

    /// Creates an export of the events to S3, of every hour as soon as it ends.
    ///
    /// @return its id
    String hourlyExport(Format format, String prefix) {
        Map<String, Object> export = new LinkedHashMap<>();
        export.put("name", prefix);
        export.put("model", "events");
        export.put("destination", destination(format, prefix));
        export.put("interval", "hour");
        export.put("settle_seconds", 0);
        return api.post("", export).get("id").asString();
    }

    /// Asks for the export of an interval.
    ///
    /// @return the path of the backfill
    String backfill(String export, Interval interval) {
        JsonNode backfill = api.post(
                export + "/backfills/",
                Map.of(
                        "start_at", interval.start().toString(),
                        "end_at", interval.end().toString()));
        return export + "/backfills/" + backfill.get("id").asString() + "/";
    }

    /// @param backfill its path
    boolean isUnderWay(String backfill) {
        String status = api.get(backfill).get("status").asString();
        return status.equals("Running") || status.equals("Starting");
    }

    /// An S3 destination, as the API takes it.
    Map<String, Object> destination(Format format, String prefix) {
        return Map.of("type", "S3", "config", configuration(format, prefix));
    }

    /// Its configuration.
    Map<String, Object> configuration(Format format, String prefix) {
        Connections connections = platform.connections();
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("bucket_name", connections.s3Bucket());
        config.put("region", connections.s3Region());
        config.put("prefix", prefix);
        config.put("endpoint_url", connections.s3Endpoint());
        config.put("aws_access_key_id", connections.s3AccessKeyId());
        config.put("aws_secret_access_key", connections.s3SecretAccessKey());
        config.put("file_format", format.formatWord());
        config.put("compression", format.compression());
        return config;
    }

    @Override
    public void close() {
        store.close();
        clickhouse.close();
        api.close();
        worker.close();
        server.close();
        platform.close();
    }
}
