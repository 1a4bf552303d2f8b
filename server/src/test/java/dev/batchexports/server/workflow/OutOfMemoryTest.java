package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A run whose first attempt ClickHouse refuses for want of memory asks for less, and completes.
class OutOfMemoryTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int ROWS = 2000;

    /// With 4 threads and row groups of the usual size the rows take 250 MB as Parquet; 94 MB at the second attempt.
    private static final long MEMORY_BYTES = 150L << 20;

    private final Components components = Components.get();
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);

    /// A part of these rows and others' short ones would have granules that are too large to be read in any way.
    @BeforeEach
    void stopMerges() {
        components.execute("SYSTEM STOP MERGES events");
    }

    @AfterEach
    void startMerges() {
        components.execute("SYSTEM START MERGES events");
    }

    @Test
    void aRunThatReachedAMemoryLimitOfClickHouseCompletesWithLessMemory() {
        long project = components.newProject();
        insertLongRows(project);
        try (ClickHouseSource source =
                        ClickHouseSource.open(components.sourceSettings().withQueryLimits(4, MEMORY_BYTES, 0));
                TestServer server = TestServer.start(
                        new MemoryDestination(),
                        TestServer.settings(Settings.Role.ALL, Long.MAX_VALUE, TestServer.KEY),
                        source,
                        Clock.systemUTC())) {
            BatchExport export = server.stored(server.s3Export(project, "long-rows", "Parquet", "zstd"));

            Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

            assertThat(run.status()).as("%s", run.latestError()).isEqualTo(RunStatus.COMPLETED);
            assertThat(run.recordsCompleted()).isEqualTo(ROWS);
            assertThat(server.logOf(export))
                    .contains("WARNING transfer: Slice 1, attempt 1 failed: The query reached a memory limit of"
                            + " ClickHouse. Next attempt in 1 s, with less memory.")
                    .anyMatch(line -> line.startsWith("INFO verify: Verified: 2,000 rows"));
        }
    }

    /// Of 100 KB each.
    private void insertLongRows(long project) {
        components.execute("""
                INSERT INTO events SELECT generateUUIDv4(number), 'long', 'user', generateUUIDv4(number + 1),
                    concat('{"text":"', repeat(hex(sipHash128(number)), 3000), '"}'), '{}', '', t, t, %d, t
                FROM (SELECT number, fromUnixTimestamp64Micro(toInt64(%d + number * 1000000), 'UTC') AS t
                    FROM numbers(%d))
                SETTINGS max_block_size = 200
                """.formatted(project, end.minus(1, ChronoUnit.HOURS).getEpochSecond() * 1_000_000, ROWS));
    }
}
