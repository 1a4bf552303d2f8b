package dev.batchexports.embedded.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SampleDataTest {
    private static final Instant NOW = Instant.parse("2026-03-02T15:30:00Z");

    private EmbeddedPlatform platform;
    private ClickHouseEndpoint endpoint;
    private HttpClient client;

    @BeforeAll
    void start(@TempDir Path folder) {
        platform = EmbeddedPlatform.start(Options.forTests(folder, Component.CLICKHOUSE));
        endpoint = ClickHouseEndpoint.of(platform.connections());
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    void stop() {
        client.shutdownNow();
        platform.close();
    }

    @BeforeEach
    void empty() {
        run("DROP TABLE IF EXISTS events");
        run("DROP TABLE IF EXISTS persons");
        run("DROP TABLE IF EXISTS sessions");
        run("DROP TABLE IF EXISTS sample_data_spans");
    }

    @Test
    void loadsAboutAsManyRowsAsAskedOverTheDaysAsked() {
        List<Long> progress = new ArrayList<>();
        try (SampleData sample = new SampleData(endpoint, (rows, total) -> progress.add(rows))) {
            long loaded = sample.load(20_000, 3, NOW);
            assertThat(loaded).isBetween(19_000L, 21_000L).isEqualTo(sample.count());
        }
        assertThat(progress).hasSizeGreaterThan(5).isSorted();
        assertThat(progress.getLast()).isBetween(19_900L, 20_100L);
        assertThat(
                        run(
                                "SELECT min(inserted_at) >= '2026-02-27 15:30:00', max(inserted_at) < '2026-03-02 15:30:00' FROM events"))
                .isEqualTo("1\t1");
    }

    @Test
    void makesEventsAsAnAnalyticsProductHasThem() {
        try (SampleData sample = new SampleData(endpoint, (rows, total) -> {})) {
            sample.load(20_000, 3, NOW);
        }
        assertThat(run("""
                        SELECT
                            uniqExact(uuid) = count(),
                            countIf(NOT isValidJSON(properties)) + countIf(NOT isValidJSON(person_properties)),
                            countIf(timestamp > inserted_at) + countIf(created_at > inserted_at),
                            uniq(event) > 8,
                            uniq(team_id),
                            countIf(team_id = 1) > count() / 2,
                            avg(length(properties)) BETWEEN 400 AND 600,
                            countIf(timestamp < inserted_at - INTERVAL 1 HOUR) > 0
                        FROM events""")).isEqualTo("1\t0\t0\t1\t4\t1\t1\t1");
        JsonNode properties = JsonMapper.shared()
                .readTree(run("SELECT properties FROM events WHERE properties LIKE '%export%' LIMIT 1 FORMAT TSVRaw"));
        assertThat(properties.required("$browser").asString()).isNotBlank();
        assertThat(run("SELECT countIf(toHour(inserted_at) = 16) > 3 * countIf(toHour(inserted_at) = 4) FROM events"))
                .isEqualTo("1");
    }

    @Test
    void makesPersonsAndSessionsWhoseRowsLandAgainWhenTheyChange() {
        try (SampleData sample = new SampleData(endpoint, (rows, total) -> {})) {
            sample.load(20_000, 3, NOW);
            // Sessions begin with each half hour: these go on.
            sample.topUp(NOW.plus(10, ChronoUnit.MINUTES));
            sample.topUp(NOW.plus(25, ChronoUnit.MINUTES));
            String persons = "SELECT count() > 500, count() > uniqExact(team_id, distinct_id),"
                    + " uniqExact(team_id, distinct_id, version) = count(), countIf(NOT isValidJSON(properties)),"
                    + " max(inserted_at) < '2026-03-02 15:55:00' FROM persons";
            String sessions = "SELECT count() > 1000, count() > uniqExact(team_id, session_id),"
                    + " uniqExact(team_id, session_id, version) = count(), countIf(session_id = '' OR entry_url = ''),"
                    + " countIf(duration_seconds > 1000) > 0 FROM sessions";
            assertThat(run(persons)).isEqualTo("1\t1\t1\t0\t1");
            assertThat(run(sessions)).isEqualTo("1\t1\t1\t0\t1");
            assertThat(run("SELECT sum(event_count) FROM (SELECT * FROM sessions ORDER BY version DESC"
                            + " LIMIT 1 BY team_id, session_id)"))
                    .isEqualTo(run("SELECT count() FROM events"));
            String before = run("SELECT count() FROM persons") + run("SELECT count() FROM sessions");
            // As after a load that was cut off: the same piece once more.
            for (String statement : EventRows.derived()) {
                endpoint.run(
                        client,
                        statement,
                        EventRows.span(NOW.minus(12, ChronoUnit.HOURS), NOW.minus(6, ChronoUnit.HOURS)));
            }
            assertThat(run("SELECT count() FROM persons") + run("SELECT count() FROM sessions"))
                    .isEqualTo(before);
        }
    }

    @Test
    void loadsNothingTwiceAndFillsTheTimeThatHasPassed() {
        try (SampleData sample = new SampleData(endpoint, (rows, total) -> {})) {
            sample.load(20_000, 3, NOW);
            long before = sample.count();
            assertThat(sample.load(20_000, 3, NOW)).isLessThan(10);
            long added = sample.load(20_000, 3, NOW.plus(12, ChronoUnit.HOURS));
            assertThat(added).isBetween(1_500L, 4_500L);
            assertThat(sample.count()).isBetween(before + added, before + added + 10);
        }
        assertThat(run("SELECT uniqExact(uuid) = count() FROM events")).isEqualTo("1");
    }

    @Test
    void completesALoadThatWasCutOff() {
        try (SampleData sample = new SampleData(endpoint, (rows, total) -> {})) {
            sample.load(20_000, 3, NOW);
            String newest = run("SELECT max(inserted_at) FROM events");
            String content = "SELECT count(), sum(cityHash64(*)) FROM events WHERE inserted_at <= '" + newest + "'";
            String whole = run(content);
            run("ALTER TABLE sample_data_spans DELETE WHERE kind = 'loaded' AND rowNumberInAllBlocks() % 2 = 0"
                    + " SETTINGS mutations_sync = 1");
            run("ALTER TABLE events DELETE WHERE cityHash64(uuid) % 3 = 0 AND inserted_at >="
                    + " (SELECT fromUnixTimestamp64Micro(max(end_micros)) FROM sample_data_spans WHERE kind = 'loaded')"
                    + " SETTINGS mutations_sync = 1");
            sample.load(20_000, 3, NOW);
            assertThat(run(content)).isEqualTo(whole);
        }
    }

    @Test
    void letsRowsLandWhileItIsOpen() {
        try (SampleData sample = new SampleData(endpoint, (rows, total) -> {});
                LandingRows landing = sample.startLanding(50)) {
            await().atMost(Duration.ofSeconds(10)).until(() -> landing.landed() >= 100);
            assertThat(
                            run(
                                    "SELECT count() >= 100, max(inserted_at) > now() - 5, max(inserted_at) <= now64(6) FROM events"))
                    .isEqualTo("1\t1\t1");
        }
        long landed = Long.parseLong(run("SELECT count() FROM events"));
        assertThat(run("SELECT uniqExact(uuid) FROM events")).isEqualTo(Long.toString(landed));
    }

    private String run(String sql) {
        return endpoint.run(client, sql, Map.of()).strip();
    }
}
