package dev.batchexports.server.workflow;

import dev.batchexports.core.secret.Secret;
import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import dev.batchexports.source.clickhouse.ClickHouseSettings;
import dev.batchexports.source.clickhouse.ClickHouseSource;
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
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.flywaydb.core.Flyway;

/// Temporal, PostgreSQL, ClickHouse and S3, started once for all tests of this package. Every test has a
/// project of its own, so that tests do not see each other's rows.
final class Components {
    private static final Components INSTANCE = new Components();

    final EmbeddedPlatform platform;
    final Connections connections;

    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicLong projects = new AtomicLong(1);

    static Components get() {
        return INSTANCE;
    }

    private Components() {
        Path folder;
        try {
            Path target = Files.createDirectories(Path.of("target", "workflow-tests"));
            folder = Files.createTempDirectory(target, "run");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        platform = EmbeddedPlatform.start(Options.forTests(folder, Component.values()));
        Runtime.getRuntime().addShutdownHook(new Thread(platform::close));
        connections = platform.connections();
        Flyway.configure()
                .dataSource(connections.databaseUrl(), connections.databaseUser(), connections.databasePassword())
                .load()
                .migrate();
        execute("""
                CREATE TABLE IF NOT EXISTS events (
                    uuid UUID, event String, distinct_id String, person_id UUID, properties String,
                    person_properties String, elements_chain String, timestamp DateTime64(6, 'UTC'),
                    created_at DateTime64(6, 'UTC'), team_id Int64,
                    inserted_at DateTime64(6, 'UTC') DEFAULT now64(6))
                ENGINE = MergeTree PARTITION BY toYYYYMM(inserted_at) ORDER BY (team_id, inserted_at, uuid)
                """);
    }

    long newProject() {
        return projects.incrementAndGet();
    }

    ClickHouseSource openSource() {
        return ClickHouseSource.open(sourceSettings());
    }

    ClickHouseSettings sourceSettings() {
        return ClickHouseSettings.of(
                connections.clickhouseUrl(),
                connections.clickhouseUser(),
                new Secret(connections.clickhousePassword()),
                connections.clickhouseDatabase());
    }

    /// Inserts rows that landed evenly within `[start, end)`.
    void insert(long project, Instant start, Instant end, long rows) {
        execute("""
                INSERT INTO events SELECT generateUUIDv4(), 'pageview', 'user-' || toString(number %% 1000),
                    generateUUIDv4(), '{"n": ' || toString(number) || '}', '{}', '', t, t, %d, t
                FROM (SELECT number, fromUnixTimestamp64Micro(toInt64(%d
                    + intDiv(number * %d, %d)), 'UTC') AS t FROM numbers(%d))
                """.formatted(
                        project,
                        start.getEpochSecond() * 1_000_000,
                        (end.getEpochSecond() - start.getEpochSecond()) * 1_000_000,
                        rows,
                        rows));
    }

    String execute(String sql) {
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
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
