package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/// The `events` table, reached as anybody reaches ClickHouse.
final class Table {
    private final HttpClient http = HttpClient.newHttpClient();
    private final Connections connections;

    Table(Connections connections) {
        this.connections = connections;
    }

    void create() {
        execute("""
                CREATE TABLE IF NOT EXISTS events (
                    uuid UUID, event String, distinct_id String, person_id UUID, properties String,
                    person_properties String, elements_chain String, timestamp DateTime64(6, 'UTC'),
                    created_at DateTime64(6, 'UTC'), team_id Int64,
                    inserted_at DateTime64(6, 'UTC') DEFAULT now64(6))
                ENGINE = MergeTree PARTITION BY toYYYYMM(inserted_at) ORDER BY (team_id, inserted_at, uuid)
                """);
    }

    /// Inserts rows that landed evenly within `[start, start + seconds)`.
    void insert(long team, Instant start, long seconds, long rows) {
        execute("""
                INSERT INTO events SELECT generateUUIDv4(), 'pageview', 'user-' || toString(number %% 1000),
                    generateUUIDv4(),
                    '{"$browser": "Chrome", "n": ' || toString(number) || ', "text": "' || hex(randomString(200)) || '"}',
                    '{}', '', t, t, %d, t
                FROM (SELECT number, toDateTime64('%s', 6, 'UTC')
                        + toIntervalMicrosecond(intDiv(number * %d, %d)) AS t FROM numbers(%d))
                """.formatted(
                        team, start.toString().replace("T", " ").replace("Z", ""), seconds * 1_000_000, rows, rows));
    }

    /// Inserts one row that landed at exactly this time, and returns its uuid.
    UUID insertAt(long team, Instant landed) {
        UUID uuid = UUID.randomUUID();
        execute("""
                INSERT INTO events SELECT '%s', 'one', 'user', generateUUIDv4(), '{}', '{}', '', t, t, %d, t
                FROM (SELECT toDateTime64('%s', 6, 'UTC') AS t)
                """.formatted(uuid, team, landed.toString().replace("T", " ").replace("Z", "")));
        return uuid;
    }

    /// The uuids that landed for a team within `[start, end)`.
    Set<UUID> uuids(long team, Instant start, Instant end) {
        return execute(
                        "SELECT uuid FROM events WHERE team_id = %d AND inserted_at >= toDateTime64('%s', 6, 'UTC') AND inserted_at < toDateTime64('%s', 6, 'UTC')"
                                .formatted(
                                        team,
                                        start.toString().replace("T", " ").replace("Z", ""),
                                        end.toString().replace("T", " ").replace("Z", "")))
                .lines()
                .map(UUID::fromString)
                .collect(Collectors.toSet());
    }

    /// Inserts rows that land now, each a little earlier than the insert, as from many producers.
    ///
    /// @param event of all these rows
    /// @param mostLate how much earlier than now a row may have landed at most
    void insertLanding(long team, String event, long rows, Duration mostLate) {
        execute("""
                INSERT INTO events SELECT generateUUIDv4(), '%s', 'user-' || toString(number %% 1000), generateUUIDv4(),
                    '{"n": ' || toString(number) || ', "text": "' || hex(randomString(150)) || '"}', '{}', '', t, t, %d, t
                FROM (SELECT number, now64(6, 'UTC') - toIntervalMicrosecond(rand() %% %d) AS t FROM numbers(%d))
                """.formatted(event, team, mostLate.toMillis() * 1000, rows));
    }

    /// Every row that landed for a team within `[start, end)`, as its values separated by tabs.
    List<String> rows(long team, Instant start, Instant end) {
        return execute("""
                SELECT uuid, event, distinct_id, person_id, JSONExtractInt(properties, 'n'), JSONExtractString(properties, 'text')
                FROM events WHERE team_id = %d AND inserted_at >= %s AND inserted_at < %s FORMAT TSV
                """.formatted(team, literal(start), literal(end)))
                .lines()
                .toList();
    }

    static String literal(Instant time) {
        return "toDateTime64('%s', 6, 'UTC')"
                .formatted(time.toString().replace("T", " ").replace("Z", ""));
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
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
