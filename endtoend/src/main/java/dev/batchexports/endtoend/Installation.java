package dev.batchexports.endtoend;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import dev.batchexports.server.security.Keyring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// Everything, started once for all end-to-end tests: the embedded components, `bx server` and one `bx
/// worker`, each a process of its own. Every test uses a project (tenant) of its own, so that tests do
/// not see each other's rows.
final class Installation {
    private static final Installation INSTANCE = new Installation();
    /// The system property that names the folder for everything that an installation writes.
    static final String FOLDER = "batchexports.endtoend.folder";

    /// The system property that says how large a file system of its own PostgreSQL's data gets, in bytes; none
    /// without it.
    static final String DISK = "batchexports.endtoend.disk";

    static final String TOKEN = "bxt_end-to-end-token";

    final Path folder;
    final EmbeddedPlatform platform;
    final Connections connections;
    final Api api;
    final Table table;
    final Bucket bucket;
    final Postgres postgres;
    final String encryptionKey = Keyring.generate();

    private final AtomicLong projects = new AtomicLong(1000);
    private final int port;
    private final @Nullable SmallDisk disk;
    private volatile BxProcess server;
    private volatile BxProcess worker;

    static Installation get() {
        return INSTANCE;
    }

    private Installation() {
        try {
            Path target =
                    Path.of(System.getProperty(FOLDER, "target/end-to-end")).toAbsolutePath();
            Files.createDirectories(target);
            folder = Files.createTempDirectory(target, "run");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path data = folder.resolve("data");
        long size = Long.getLong(DISK, 0);
        disk = size == 0 ? null : SmallDisk.mount(data.resolve("postgres"), folder.resolve("postgres.disk"), size);
        platform = EmbeddedPlatform.start(
                Options.forTests(data, Component.values()).withBucket("bucket-of-end-to-end-tests"));
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
        connections = platform.connections();
        table = new Table(connections);
        table.create();
        bucket = new Bucket(connections);
        postgres = new Postgres(connections);
        port = freePort();
        api = new Api("http://127.0.0.1:" + port, TOKEN);
        server = startServer(Map.of());
        worker = startWorker(Map.of());
        awaitReady();
    }

    private void end() {
        platform.close();
        if (disk != null) {
            disk.close();
        }
    }

    /// The file system that only PostgreSQL writes to.
    SmallDisk disk() {
        return requireNonNull(disk, "PostgreSQL has no file system of its own");
    }

    boolean hasDisk() {
        return disk != null;
    }

    long newProject() {
        return projects.incrementAndGet();
    }

    BxProcess server() {
        return server;
    }

    BxProcess worker() {
        return worker;
    }

    /// Replaces the worker by one with further environment variables.
    BxProcess restartWorker(Map<String, String> environment) {
        worker.close();
        worker = startWorker(environment);
        return worker;
    }

    void restartServer() {
        replaceServer(Map.of());
        awaitReady();
    }

    /// Replaces the server by one with further environment variables. Does not wait: what it needs may be away.
    void replaceServer(Map<String, String> environment) {
        server.close();
        server = startServer(environment);
    }

    /// A worker that the caller has to end.
    BxProcess startWorker(Map<String, String> environment) {
        return startWorker(environment, folder.resolve("worker.log"));
    }

    BxProcess startWorker(Map<String, String> environment, Path log) {
        Map<String, String> all = new HashMap<>(environment());
        all.putAll(environment);
        return BxProcess.start(log, "-Xmx320m", all, "worker");
    }

    private BxProcess startServer(Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(environment());
        all.putAll(environment);
        return BxProcess.start(folder.resolve("server.log"), "-Xmx256m", all, "server");
    }

    void awaitReady() {
        Awaitility.await("server to be ready")
                .atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    Api.Answer answer = api.get("/api/health/ready");
                    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                });
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("BX_TEMPORAL_ADDRESS", connections.temporalAddress());
        environment.put("BX_CLICKHOUSE_URL", connections.clickhouseUrl());
        environment.put("BX_CLICKHOUSE_USER", connections.clickhouseUser());
        environment.put("BX_CLICKHOUSE_PASSWORD", connections.clickhousePassword());
        environment.put("BX_CLICKHOUSE_DATABASE", connections.clickhouseDatabase());
        environment.put("BX_DATABASE_URL", connections.databaseUrl());
        environment.put("BX_DATABASE_USER", connections.databaseUser());
        environment.put("BX_DATABASE_PASSWORD", connections.databasePassword());
        environment.put("BX_ENCRYPTION_KEYS", encryptionKey);
        environment.put("BX_HTTP_PORT", Integer.toString(port));
        environment.put("BX_SECURITY_BOOTSTRAP_TOKEN", TOKEN);
        environment.put("BX_LIMITS_ALLOW_PRIVATE_ENDPOINTS", "true");
        environment.put("BX_LIMITS_ALLOW_SHORT_INTERVALS", "true");
        return environment;
    }

    /// An hourly export of `events` to the embedded bucket, as JSON lines; change it before use.
    Map<String, Object> hourlyExport(String prefix) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("bucket_name", connections.s3Bucket());
        config.put("region", connections.s3Region());
        config.put("prefix", prefix);
        config.put("endpoint_url", connections.s3Endpoint());
        config.put("aws_access_key_id", connections.s3AccessKeyId());
        config.put("aws_secret_access_key", connections.s3SecretAccessKey());
        config.put("file_format", "JSONLines");
        config.put("compression", "gzip");
        Map<String, Object> destination = new LinkedHashMap<>();
        destination.put("type", "S3");
        destination.put("config", config);
        Map<String, Object> export = new LinkedHashMap<>();
        export.put("name", prefix);
        export.put("model", "events");
        export.put("destination", destination);
        export.put("interval", "hour");
        export.put("settle_seconds", 0);
        return export;
    }

    /// Changes a parameter of the destination.
    @SuppressWarnings("unchecked")
    static void change(Map<String, Object> export, String parameter, Object value) {
        Map<String, Object> destination = (Map<String, Object>) requireNonNull(export.get("destination"));
        ((Map<String, Object>) requireNonNull(destination.get("config"))).put(parameter, value);
    }

    /// The start of an hour that ended some hours ago.
    static Instant hourAgo(long hours) {
        return Instant.now().truncatedTo(ChronoUnit.HOURS).minus(hours, ChronoUnit.HOURS);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
