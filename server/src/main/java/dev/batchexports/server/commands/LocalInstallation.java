package dev.batchexports.server.commands;

import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.ConnectionFile;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import dev.batchexports.embedded.sample.ClickHouseEndpoint;
import dev.batchexports.embedded.sample.SampleData;
import dev.batchexports.server.ServerApplication;
import dev.batchexports.server.security.Keyring;
import dev.batchexports.server.security.SessionService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.springframework.context.ConfigurableApplicationContext;

/// The whole product on this machine: the embedded components, and the server with a worker in this
/// process.
///
/// A component whose `BX_*` variable is set is used where it is instead of being started.
final class LocalInstallation implements AutoCloseable {
    private static final int USUAL_HTTP_PORT = 8080;

    private final EmbeddedPlatform platform;
    private final ConfigurableApplicationContext application;
    private final Connections connections;
    private final String apiUrl;
    private final String token;
    private final Thread shutdownHook;

    private LocalInstallation(
            EmbeddedPlatform platform,
            ConfigurableApplicationContext application,
            Connections connections,
            String apiUrl,
            String token,
            Consumer<String> progress) {
        this.platform = platform;
        this.application = application;
        this.connections = connections;
        this.apiUrl = apiUrl;
        this.token = token;
        this.shutdownHook = new Thread(
                () -> {
                    stop();
                    progress.accept("Stopped.");
                },
                "stop");
    }

    /// Starts everything and writes `connection.json` into the data folder.
    ///
    /// @param prepare what has to be done between the start of the components and that of the server
    /// @param progress takes one line for each step
    static LocalInstallation start(Path dataFolder, Consumer<Connections> prepare, Consumer<String> progress) {
        Map<String, String> environment = System.getenv();
        Set<Component> components = EnumSet.allOf(Component.class);
        Map.of(
                        "BX_TEMPORAL_ADDRESS", Component.TEMPORAL,
                        "BX_CLICKHOUSE_URL", Component.CLICKHOUSE,
                        "BX_DATABASE_URL", Component.POSTGRES)
                .forEach((variable, component) -> {
                    if (!environment.getOrDefault(variable, "").isBlank()) {
                        components.remove(component);
                        progress.accept(component.displayName() + ": the one that " + variable + " names");
                    }
                });
        EmbeddedPlatform platform = EmbeddedPlatform.start(
                Options.forDevelopment(dataFolder).withComponents(components).withProgress(progress));
        try {
            if (components.contains(Component.CLICKHOUSE)) {
                createTables(platform.connections());
            }
            prepare.accept(platform.connections());
            return start(dataFolder, platform, components, environment, progress);
        } catch (RuntimeException e) {
            platform.close();
            throw e;
        }
    }

    /// Those of the built-in models, empty: an export of a table that does not exist is refused.
    private static void createTables(Connections connections) {
        try (SampleData sample = new SampleData(ClickHouseEndpoint.of(connections), (loaded, total) -> {})) {
            sample.createTables();
        }
    }

    private static LocalInstallation start(
            Path dataFolder,
            EmbeddedPlatform platform,
            Set<Component> components,
            Map<String, String> environment,
            Consumer<String> progress) {
        Connections connections = platform.connections();
        String token = kept(dataFolder.resolve("api-token"), LocalInstallation::newToken);
        int port = environment.containsKey("BX_HTTP_PORT")
                ? Integer.parseInt(environment.getOrDefault("BX_HTTP_PORT", ""))
                : freePort();

        Map<String, Object> properties = new HashMap<>();
        properties.put("bx.role", "all");
        properties.put("bx.http.port", port);
        properties.put("bx.http.tls.certificate", "");
        properties.put("bx.http.tls.private-key", "");
        properties.put("bx.security.bootstrap-token", token);
        properties.put("bx.limits.allow-private-endpoints", true);
        properties.put("logging.file.name", dataFolder.resolve("log").resolve("server.log"));
        properties.put("logging.threshold.console", "ERROR");
        if (environment.getOrDefault("BX_ENCRYPTION_KEYS", "").isBlank()) {
            properties.put("bx.encryption.keys", kept(dataFolder.resolve("encryption-keys"), Keyring::generate));
        }
        if (components.contains(Component.TEMPORAL)) {
            properties.put("bx.temporal.address", connections.temporalAddress());
            properties.put("bx.temporal.ui-url", connections.temporalUiUrl());
        }
        if (components.contains(Component.CLICKHOUSE)) {
            properties.put("bx.clickhouse.url", connections.clickhouseUrl());
            properties.put("bx.clickhouse.user", connections.clickhouseUser());
            properties.put("bx.clickhouse.password", connections.clickhousePassword());
            properties.put("bx.clickhouse.database", connections.clickhouseDatabase());
        }
        if (components.contains(Component.POSTGRES)) {
            properties.put("bx.database.url", connections.databaseUrl());
            properties.put("bx.database.user", connections.databaseUser());
            properties.put("bx.database.password", connections.databasePassword());
        }
        long started = System.nanoTime();
        ConfigurableApplicationContext application = ServerApplication.start(properties);
        String apiUrl = "http://127.0.0.1:" + port;
        progress.accept("Batch Exports: ready at %s (%.1f s)".formatted(apiUrl, (System.nanoTime() - started) / 1e9));
        LocalInstallation installation =
                new LocalInstallation(platform, application, connections, apiUrl, token, progress);
        Runtime.getRuntime().addShutdownHook(installation.shutdownHook);
        new ConnectionFile(apiUrl, token, connections).write(dataFolder.resolve("connection.json"));
        return installation;
    }

    Connections connections() {
        return connections;
    }

    String apiUrl() {
        return apiUrl;
    }

    String token() {
        return token;
    }

    /// A link that signs a browser in to the web UI, once. The code stands behind #, so that no server or
    /// proxy ever logs it.
    String signInLink() {
        return apiUrl + "/sign-in#code="
                + application.getBean(SessionService.class).oneTimeCode(token);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            return; // the hook is at work already
        }
        stop();
    }

    // The server first: it says goodbye to Temporal and to the database, which must still be there.
    private void stop() {
        application.close();
        platform.close();
    }

    private static String newToken() {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        return "bxt_" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    /// What a file of the data folder holds; made and kept, readable by its owner only, when it is
    /// missing.
    private static String kept(Path file, Supplier<String> maker) {
        try {
            if (Files.exists(file)) {
                return Files.readString(file).strip();
            }
            String value = maker.get();
            Path fresh = Files.createTempFile(
                    file.getParent(),
                    file.getFileName().toString(),
                    ".new",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, value + System.lineSeparator());
            Files.move(fresh, file);
            return value;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        return isFree(USUAL_HTTP_PORT) ? USUAL_HTTP_PORT : anyFreePort();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private static int anyFreePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no TCP port is free on the loopback interface", e);
        }
    }
}
