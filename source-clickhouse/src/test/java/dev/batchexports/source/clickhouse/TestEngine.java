package dev.batchexports.source.clickhouse;

import dev.batchexports.core.secret.Secret;
import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// A real ClickHouse engine. It ends with the virtual machine of the tests.
final class TestEngine {
    /// All tests share one, and take a [TestDatabase] each.
    private static final class Shared {
        private static final TestEngine INSTANCE = start();
    }

    private final HttpClient client = HttpClient.newHttpClient();
    private final EmbeddedPlatform platform;

    private TestEngine(EmbeddedPlatform platform) {
        this.platform = platform;
    }

    static TestEngine shared() {
        return Shared.INSTANCE;
    }

    /// One more, for a test that kills or halts it.
    static TestEngine start() {
        try {
            Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "engine");
            EmbeddedPlatform platform = EmbeddedPlatform.start(Options.forTests(folder, Component.CLICKHOUSE));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(platform, folder)));
            return new TestEngine(platform);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void remove(EmbeddedPlatform platform, Path folder) {
        platform.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    EmbeddedPlatform platform() {
        return platform;
    }

    Connections connections() {
        return platform.connections();
    }

    ClickHouseSettings settings(String database) {
        Connections connections = connections();
        return ClickHouseSettings.of(
                        connections.clickhouseUrl(),
                        connections.clickhouseUser(),
                        new Secret(connections.clickhousePassword()),
                        database)
                .withQueryLimits(2, 2L << 30, 0);
    }

    /// Runs a statement to its end.
    String run(String database, String sql) {
        Connections connections = connections();
        HttpRequest request = HttpRequest.newBuilder(URI.create(connections.clickhouseUrl()
                        + "/?wait_end_of_query=1&database=" + URLEncoder.encode(database, StandardCharsets.UTF_8)))
                .header("X-ClickHouse-User", connections.clickhouseUser())
                .header("X-ClickHouse-Key", connections.clickhousePassword())
                .POST(BodyPublishers.ofString(sql))
                .build();
        try {
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IllegalStateException(response.body());
            }
            return response.body();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(failure);
        }
    }
}
