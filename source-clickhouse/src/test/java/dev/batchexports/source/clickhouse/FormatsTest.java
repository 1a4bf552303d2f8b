package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.RowSelection;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What every format and compression holds, read by a program that is not ClickHouse.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FormatsTest {
    private static final int ROWS = 20_000;
    private static final RowSelection EVENTS = TestDatabase.selection(Model.events());
    private static final String COLUMNS = "{uuid: 'VARCHAR', event: 'VARCHAR', distinct_id: 'VARCHAR',"
            + " person_id: 'VARCHAR', properties: 'JSON', person_properties: 'JSON', elements_chain: 'VARCHAR',"
            + " \"timestamp\": 'TIMESTAMP', created_at: 'TIMESTAMP', team_id: 'BIGINT', inserted_at: 'TIMESTAMP'}";
    private static final String SUMMARY = " SELECT count(*), count(DISTINCT uuid), count(DISTINCT distinct_id),"
            + " sum(CAST(json_extract_string(properties, '$.price') AS DECIMAL(18, 2))),"
            + " epoch_us(min(inserted_at)), epoch_us(max(inserted_at)), epoch_us(max(\"timestamp\")), sum(length(elements_chain)),"
            + " min(json_extract_string(properties, '$.nested.text')), sum(team_id) FROM ";

    private final TestDatabase database = TestDatabase.create();

    @BeforeAll
    void insertEvents() {
        database.createEvents();
        database.insertEvents(ROWS);
    }

    @AfterAll
    void close() {
        database.close();
    }

    static Stream<Encoding> encodings() {
        return Arrays.stream(FileFormat.values())
                .flatMap(format ->
                        Encoding.compressionsOf(format).stream().map(compression -> new Encoding(format, compression)));
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void holdsAllRowsWithTheirValues(Encoding encoding, @TempDir Path folder) throws IOException {
        TestDatabase.Content content = database.export(EVENTS, encoding);

        assertThat(content.rows()).isEqualTo(ROWS);
        try (DuckDb reader = new DuckDb(folder)) {
            assertThat(reader.rows(SUMMARY + table(reader, encoding, content.bytes())))
                    .containsExactly("20000|20000|1000|199992000.00|1793527200000000|1793530799820000"
                            + "|1793000000019999|160008|déjà vu|20000");
        }
    }

    private static String table(DuckDb reader, Encoding encoding, byte[] bytes) throws IOException {
        boolean brotli = encoding.compression() == Compression.BROTLI;
        Encoding readable = brotli ? TestDatabase.JSON_LINES : encoding;
        String file = reader.file("events." + readable.fileExtension(), brotli ? unpacked(bytes) : bytes);
        return switch (encoding.format()) {
            case JSON_LINES -> "read_json(" + file + ", format = 'newline_delimited', columns = " + COLUMNS + ")";
            case PARQUET -> "read_parquet(" + file + ")";
            // DuckDB leaves the doubled backslashes as they are.
            case TAB_SEPARATED ->
                "(SELECT * REPLACE (replace(properties, '\\\\', '\\') AS properties) FROM read_csv(" + file
                        + ", delim = '\t', quote = '', escape = '', header = false, columns = "
                        + COLUMNS.replace("'JSON'", "'VARCHAR'") + "))";
        };
    }

    private static byte[] unpacked(byte[] brotli) throws IOException {
        Brotli4jLoader.ensureAvailability();
        try (BrotliInputStream unpacking = new BrotliInputStream(new ByteArrayInputStream(brotli))) {
            return unpacking.readAllBytes();
        }
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void anIntervalWithoutRowsIsWhole(Encoding encoding) {
        RowSelection otherProject =
                new RowSelection(Model.events(), 2, TestDatabase.HOUR, List.of(), List.of(), List.of());

        assertThat(database.export(otherProject, encoding).rows()).isZero();
    }

    @Test
    void nestedPropertiesKeepEveryByte() {
        TestDatabase.Content content = database.export(EVENTS, TestDatabase.JSON_LINES);

        List<String> properties = database.run("SELECT properties FROM events ORDER BY inserted_at FORMAT TSVRaw")
                .lines()
                .toList();
        assertThat(content.lines())
                .hasSize(ROWS)
                .allSatisfy(line -> assertThat(line).startsWith("{\"uuid\":\"").endsWith("Z\"}"));
        assertThat(content.lines().stream().map(FormatsTest::properties))
                .containsExactlyInAnyOrderElementsOf(properties);
    }

    private static String properties(String line) {
        int start = line.indexOf("\"properties\":") + "\"properties\":".length();
        return line.substring(start, line.indexOf(",\"person_properties\":"));
    }

    @Test
    void parquetHasRowGroupsOfBoundedSize(@TempDir Path folder) {
        database.run("CREATE TABLE narrow (id UInt64, inserted_at DateTime64(6)) ENGINE = MergeTree ORDER BY id");
        database.run("INSERT INTO narrow SELECT number, '2026-11-01 10:30:00' FROM numbers(250000)");

        byte[] bytes = database.export(TestDatabase.selection(TestDatabase.model("narrow")), TestDatabase.PARQUET)
                .bytes();

        try (DuckDb reader = new DuckDb(folder)) {
            String file = reader.file("narrow.parquet", bytes);
            assertThat(reader.rows("SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata(" + file
                            + ") ORDER BY ALL"))
                    .hasSizeGreaterThan(2)
                    .allSatisfy(group -> assertThat(Long.parseLong(group.replaceFirst(".*\\|", "")))
                            .isLessThanOrEqualTo(130_000));
        }
    }
}
