package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Component;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The data of Temporal is lost, and the metadata database is restored from a backup, while exports are at work: each
/// interval is at each destination exactly once in the end, also where rows are appended. `docs/backup.md` has the same
/// as commands.
class DisasterTest {
    private static final String METADATA = "batch_exports";
    private static final String DATABASE = "exports_of_disasters";
    private static final int HOURS = 14;
    private static final int ROWS_OF_AN_HOUR = 50;

    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final Postgres postgres = installation.postgres;
    private final long project = installation.newProject();
    private final Instant end = Installation.hourAgo(1);
    private final Instant start = end.minus(HOURS, ChronoUnit.HOURS);
    private final List<String> exports = new ArrayList<>();

    DisasterTest() {
        postgres.ensureDatabase(DATABASE);
        installation.table.insert(
                project, start.minus(HOURS, ChronoUnit.HOURS), HOURS * 7200L, 2L * HOURS * ROWS_OF_AN_HOUR);
    }

    @AfterEach
    void removeTheExports() {
        exports.forEach(export -> api.delete(Api.export(project, export)));
    }

    @Test
    void whenTemporalLosesItsDataSchedulesRunsAndBackfillsGoOnFromTheDatabase() throws IOException {
        String table = "temporal_" + project;
        String export = create(toPostgres(table));
        String backfill = api.backfill(project, export, start.minus(HOURS, ChronoUnit.HOURS), start);
        Awaitility.await("the backfill to be half done, and the catching up to have begun")
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> completed(export, start.minus(HOURS, ChronoUnit.HOURS), start) >= 2
                        && completed(export, start, end) >= 1);

        installation.platform.stop(Component.TEMPORAL);
        Path data = installation.folder.resolve("data").resolve("temporal");
        for (String file : List.of("temporal.db", "temporal.db-wal", "temporal.db-shm")) {
            Files.deleteIfExists(data.resolve(file));
        }
        long before = completed(export, start.minus(HOURS, ChronoUnit.HOURS), end);
        installation.platform.start(Component.TEMPORAL);

        assertThat(before)
                .as("intervals that were exported before the disaster")
                .isLessThan(2L * HOURS);
        awaitAllCompleted(export, start.minus(HOURS, ChronoUnit.HOURS));
        Awaitility.await("the backfill to end")
                .atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(api.get(Api.export(project, export) + "backfills/" + backfill + "/")
                                .json()
                                .get("status")
                                .asString())
                        .isEqualTo("Completed"));
        assertThat(uuidsOf(table))
                .containsExactlyInAnyOrderElementsOf(
                        installation.table.uuids(project, start.minus(HOURS, ChronoUnit.HOURS), end));
        assertThat(log(export, "Temporal no longer knows")).isNotEmpty();
        Awaitility.await("the schedule to be made anew")
                .atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(new TemporalCommand(installation)
                                .status("schedule", "describe", "--schedule-id", export))
                        .isZero());
    }

    @Test
    void whenTheDatabaseIsRestoredNothingIsExportedTwiceAndNothingIsLost() {
        String table = "restored_" + project;
        String prefix = "restored-" + project;
        String toFiles = create(installation.hourlyExport(prefix));
        String appending = create(toPostgres(table));
        // The filler has begun with at most eight and the three latest.
        Awaitility.await("the first interval to be exported")
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> completed(appending, start, end) >= 1);
        whileNobodyIsConnected(
                () -> postgres.execute(Postgres.MAINTENANCE, "CREATE DATABASE backup TEMPLATE " + METADATA));
        long inTheBackup = number("backup", "SELECT count(*) FROM runs WHERE batch_export_id = '" + appending + "'");
        awaitAllCompleted(appending, start);
        awaitAllCompleted(toFiles, start);
        long generation = number(METADATA, "SELECT max(generation) FROM runs");

        Instant restoredAt = Instant.now();
        whileNobodyIsConnected(() -> {
            postgres.execute(Postgres.MAINTENANCE, "DROP DATABASE " + METADATA);
            postgres.execute(Postgres.MAINTENANCE, "ALTER DATABASE backup RENAME TO " + METADATA);
        });

        assertThat(inTheBackup).as("intervals that the backup knows").isLessThan(HOURS);
        awaitAllCompleted(appending, start);
        awaitAllCompleted(toFiles, start);
        assertThat(log(appending, "at the destination already")).isNotEmpty();
        List<UUID> landed = List.copyOf(installation.table.uuids(project, start, end));
        assertThat(uuidsOf(table)).containsExactlyInAnyOrderElementsOf(landed);
        assertThat(installation.bucket.uuids(prefix + "/")).containsExactlyInAnyOrderElementsOf(landed);
        assertThat(number(METADATA, "SELECT min(generation) FROM runs WHERE created_at > '" + restoredAt + "'"))
                .as("the least generation since")
                .isGreaterThan(generation);
    }

    private String create(Map<String, Object> body) {
        body.put("start_at", start.toString());
        String export = api.createExport(project, body);
        exports.add(export);
        return export;
    }

    private Map<String, Object> toPostgres(String table) {
        Map<String, Object> export = installation.hourlyExport(table);
        export.put("rerun_mode", "append");
        export.put("destination", postgres.destination(DATABASE, table, postgres.port()));
        return export;
    }

    /// How many intervals that begin within a range are exported.
    private long completed(String export, Instant from, Instant until) {
        return number(
                METADATA,
                "SELECT count(DISTINCT scheduled_at) FROM runs WHERE status = 'Completed' AND batch_export_id = '"
                        + export + "' AND data_interval_start >= '" + from + "' AND data_interval_start < '" + until
                        + "'");
    }

    private List<String> log(String export, String words) {
        List<String> lines = new ArrayList<>();
        for (JsonNode line : api.get(Api.export(project, export) + "logs/?search=" + words.replace(" ", "%20"))
                .json()
                .get("results")) {
            lines.add(line.get("message").asString());
        }
        return lines;
    }

    private void awaitAllCompleted(String export, Instant from) {
        Awaitility.await("every interval to be exported")
                .atMost(Duration.ofMinutes(4))
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    List<String> states = new ArrayList<>();
                    JsonNode intervals = api.get(
                                    Api.export(project, export) + "intervals/?start=" + from + "&end=" + end)
                            .json();
                    for (JsonNode interval : intervals.get("results")) {
                        states.add(interval.get("state").asString());
                    }
                    assertThat(states)
                            .hasSize((int) Duration.between(from, end).toHours())
                            .containsOnly("completed");
                });
    }

    private List<UUID> uuidsOf(String table) {
        return postgres.column(DATABASE, "SELECT uuid FROM " + table).stream()
                .map(UUID::fromString)
                .toList();
    }

    /// Servers and workers go on, without the database for a moment.
    private void whileNobodyIsConnected(Runnable work) {
        postgres.execute(Postgres.MAINTENANCE, "ALTER DATABASE " + METADATA + " ALLOW_CONNECTIONS false");
        try {
            List<String> _ = postgres.column(
                    Postgres.MAINTENANCE,
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '" + METADATA + "'");
            work.run();
        } finally {
            postgres.execute(Postgres.MAINTENANCE, "ALTER DATABASE " + METADATA + " ALLOW_CONNECTIONS true");
        }
    }

    private long number(String database, String sql) {
        return Long.parseLong(postgres.column(database, sql).getFirst());
    }
}
