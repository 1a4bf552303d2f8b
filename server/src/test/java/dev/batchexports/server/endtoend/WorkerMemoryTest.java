package dev.batchexports.server.endtoend;

import static dev.batchexports.server.endtoend.ExportedRowsTest.change;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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

    private long peakAfter(BxProcess worker, String export, Instant start, long rows) {
        installation.api.backfill(project, export, start, start.plus(1, ChronoUnit.HOURS));
        JsonNode run = installation.api.awaitRun(project, export, start, "Completed", Duration.ofMinutes(4));
        assertThat(run.get("records_completed").asLong()).isEqualTo(rows);
        return worker.peakResidentBytes();
    }
}
