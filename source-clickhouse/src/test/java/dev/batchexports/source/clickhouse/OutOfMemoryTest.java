package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Queries that ran out of memory are made smaller until they fit.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutOfMemoryTest {
    private static final long ROWS = 2000;
    private static final RowSelection EVENTS = TestDatabase.selection(TestDatabase.model("events"));

    private final TestDatabase database = TestDatabase.create();

    /// Of 100 KB each, which differ little and are quickly made.
    @BeforeAll
    void insertLongRows() {
        database.createEvents();
        database.run("""
                INSERT INTO events SELECT generateUUIDv4(number), 'long', 'user', generateUUIDv4(number + 1),
                    concat('{"text":"', repeat(hex(sipHash128(number)), 3000), '"}'), '{}', '',
                    inserted_at, inserted_at, 1, inserted_at
                FROM (SELECT number, fromUnixTimestamp64Micro(toInt64(%d + number * 1000000), 'UTC') AS inserted_at
                    FROM numbers(%d))
                SETTINGS max_block_size = 200
                """.formatted(TestDatabase.micros(TestDatabase.HOUR.start()), ROWS));
    }

    @AfterAll
    void close() {
        database.close();
    }

    @Test
    void textFitsIntoLessMemoryAtTheNextAttempt() {
        assertNeedsAnotherAttempt(TestDatabase.TAB_SEPARATED, 110L << 20);
    }

    @Test
    void parquetFitsIntoLessMemoryAtTheNextAttempt() {
        assertNeedsAnotherAttempt(TestDatabase.PARQUET, 150L << 20);
    }

    private void assertNeedsAnotherAttempt(Encoding encoding, long memoryBytes) {
        assertThatThrownBy(() -> read(memoryBytes, encoding, 0))
                .isInstanceOfSatisfying(
                        ExportException.class,
                        failure -> assertThat(failure.code()).isEqualTo(Source.MEMORY_LIMIT));

        assertThat(read(memoryBytes, encoding, 1)).isEqualTo(ROWS);
    }

    @Test
    void everyAttemptTakesLessUntilThereIsLittleLeftToTake() {
        QuerySettings settings = new QuerySettings(database.settings().withQueryLimits(8, 1 << 30, 0));
        OutputFormat format = new OutputFormat("Parquet", List.of(), Map.of(), Map.of());
        Set<String> known = Set.of("max_threads", OutputFormat.ROW_GROUP_ROWS_SETTING);

        List<String> threads = new ArrayList<>();
        List<String> rows = new ArrayList<>();
        for (int outOfMemory : List.of(1, 2, 3, 4, 5, 1000)) {
            Map<String, String> chosen =
                    settings.forStream("", outOfMemory, Map.of(), StreamCompression.NONE, format, known);
            threads.add(chosen.get("max_threads"));
            rows.add(chosen.get(OutputFormat.ROW_GROUP_ROWS_SETTING));
        }

        assertThat(threads).containsExactly("4", "2", "1", "1", "1", "1");
        assertThat(rows).containsExactly("25000", "6250", "1562", "390", "390", "390");
        assertThat(settings.forAnswer("", 0, Map.of())).containsEntry("max_threads", "8");
        assertThat(settings.forAnswer("", 1, Map.of())).containsEntry("max_threads", "4");
    }

    private long read(long memoryBytes, Encoding encoding, int outOfMemory) {
        ClickHouseSettings limited = database.settings().withQueryLimits(4, memoryBytes, 0);
        QueryTag tag = new QueryTag(UUID.randomUUID(), "slice-0", outOfMemory + 1, outOfMemory);
        try (ClickHouseSource source = ClickHouseSource.open(limited);
                EncodedRows rows =
                        database.open(source, EVENTS, TestDatabase.whole(TestDatabase.HOUR), encoding, tag)) {
            byte[] buffer = new byte[1 << 16];
            while (rows.read(buffer, 0, buffer.length) >= 0) {
                // Only how many they are matters.
            }
            return rows.rows();
        }
    }
}
