package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Exports to PostgreSQL, in modes in which a row too many would stay.
class PostgresExportTest {
    private static final String DATABASE = "exports_of_end_to_end_tests";

    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final Postgres postgres = installation.postgres;
    private final Table table = installation.table;
    private final long project = installation.newProject();
    private final Instant start = Installation.hourAgo(5);
    private final Instant end = start.plus(1, ChronoUnit.HOURS);

    PostgresExportTest() {
        postgres.ensureDatabase(DATABASE);
    }

    @AfterEach
    void aWorkerRuns() {
        if (!installation.worker().isAlive()) {
            installation.restartWorker(Map.of());
        }
    }

    @Test
    void everyRowArrivesOnceThoughWorkersDieBeforeAndAfterTheCommit() throws IOException {
        table.insert(project, start, 3600, 2_000);
        String export = api.createExport(project, export("append"));
        Path markers = Files.createDirectory(installation.folder.resolve("markers-of-postgres"));
        Map<String, String> doom = Map.of(
                "BX_TESTING_HALT_AT", "before-commit,after-commit", "BX_TESTING_HALT_MARKER", markers.toString());
        BxProcess first = installation.restartWorker(doom);

        api.backfill(project, export, start, end);
        awaitDeath(first);
        awaitDeath(installation.restartWorker(doom));
        installation.restartWorker(Map.of());
        JsonNode run = api.awaitRun(project, export, start, "Completed", Duration.ofMinutes(2));

        assertThat(markers).isDirectoryContaining("glob:**halted-at-before-commit");
        assertThat(markers).isDirectoryContaining("glob:**halted-at-after-commit");
        assertThat(run.get("records_completed").asLong()).isEqualTo(2_000);
        assertThat(uuids()).containsExactlyInAnyOrderElementsOf(table.uuids(project, start, end));
        assertThat(postgres.column(DATABASE, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
                .contains("t_" + project)
                .noneMatch(name -> name.matches("_batch_exports_[0-9a-f]{32}.*"));
    }

    @Test
    void aRetryReplacesWhatWasThereWhenTheExportSaysSo() {
        table.insert(project, start, 3600, 500);
        String export = api.createExport(project, export("replace"));
        api.backfill(project, export, start, end);
        JsonNode first = api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));
        table.insertAt(project, start.plus(1, ChronoUnit.MINUTES));

        api.post(Api.export(project, export) + "runs/" + first.get("id").asString() + "/retry/", Map.of());
        api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

        assertThat(uuids()).hasSize(501).containsExactlyInAnyOrderElementsOf(table.uuids(project, start, end));
        assertThat(postgres.column(DATABASE, "SELECT DISTINCT jsonb_typeof(properties) FROM t_" + project))
                .containsExactly("object");
    }

    private static void awaitDeath(BxProcess worker) {
        Awaitility.await("the worker to die").atMost(Duration.ofSeconds(60)).until(() -> !worker.isAlive());
    }

    private Map<String, Object> export(String rerunMode) {
        Map<String, Object> export = installation.hourlyExport("postgres " + rerunMode);
        export.put("rerun_mode", rerunMode);
        export.put("destination", postgres.destination(DATABASE, "t_" + project, postgres.port()));
        return export;
    }

    private List<UUID> uuids() {
        return postgres.column(DATABASE, "SELECT uuid FROM t_" + project).stream()
                .map(UUID::fromString)
                .toList();
    }
}
