package dev.batchexports.endtoend;

import static dev.batchexports.endtoend.Installation.change;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A worker's memory has a bound and does not grow with the interval.
class WorkerMemoryTest {
    private static final long MEGABYTE = 1 << 20;

    private final Installation installation = Installation.get();
    private final long project = installation.newProject();

    @Test
    void threeMillionRowsNeedNoMoreMemoryThanHalfAMillion() {
        Instant small = Installation.hourAgo(8);
        Instant large = Installation.hourAgo(6);
        // about 630 bytes a row, encoded as JSON
        installation.table.insert(project, small, 3600, 500_000);
        installation.table.insert(project, large, 3600, 3_000_000);
        Map<String, Object> body = installation.hourlyExport("memory");
        change(body, "compression", "zstd");
        String export = installation.api.createExport(project, body);
        BxProcess worker = installation.restartWorker(Map.of());

        long afterSmall = peakAfter(worker, export, small, 500_000);
        long afterLarge = peakAfter(worker, export, large, 3_000_000);

        assertThat(afterLarge).isLessThan(512 * MEGABYTE);
        assertThat(afterLarge - afterSmall).as("growth in bytes").isLessThan(64 * MEGABYTE);
    }

    /// The row is longer than all the memory that transfers may hold together, and four of them come at once.
    @Test
    void rowsOf64MegabytesPassThroughASmallWorker() {
        Instant start = Installation.hourAgo(10);
        installation.table.execute("""
                INSERT INTO events SELECT generateUUIDv4(), 'large', 'user', generateUUIDv4(),
                    '{"text": "' || repeat(repeat('large row 16 ch ', 4), 1000000) || '"}', '{}', '', t, t, %d, t
                FROM (SELECT toDateTime64('%s', 6, 'UTC') AS t)
                """.formatted(
                project, start.plusSeconds(5).toString().replace("T", " ").replace("Z", "")));
        installation.table.insert(project, start, 3600, 2_000);
        BxProcess worker = installation.restartWorker(
                Map.of("BX_WORKER_MEMORY_BYTES", Long.toString(20 * MEGABYTE), "BX_WORKER_CONCURRENT_SLICES", "10"));
        List<String> exports = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            exports.add(installation.api.createExport(project, installation.hourlyExport("large-row-" + number)));
        }
        for (String export : exports) {
            installation.api.backfill(project, export, start, start.plus(1, ChronoUnit.HOURS));
        }
        for (String export : exports) {
            JsonNode run = installation.api.awaitRun(project, export, start, "Completed", Duration.ofMinutes(3));
            assertThat(run.get("records_completed").asLong()).isEqualTo(2_001);
        }
        assertThat(worker.peakResidentBytes()).isLessThan(512 * MEGABYTE);
    }

    private long peakAfter(BxProcess worker, String export, Instant start, long rows) {
        installation.api.backfill(project, export, start, start.plus(1, ChronoUnit.HOURS));
        JsonNode run = installation.api.awaitRun(project, export, start, "Completed", Duration.ofMinutes(4));
        assertThat(run.get("records_completed").asLong()).isEqualTo(rows);
        return worker.peakResidentBytes();
    }
}
