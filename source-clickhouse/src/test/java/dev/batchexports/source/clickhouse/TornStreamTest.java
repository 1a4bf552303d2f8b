package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.RowSelection;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// A stream that is not whole never looks as if it were.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TornStreamTest {
    private static final int ROWS = 20_000;
    private static final RowSelection EVENTS = TestDatabase.selection(Model.events());

    private final TestDatabase database = TestDatabase.create();

    @BeforeAll
    void insertEvents() {
        database.createEvents();
        database.insertEvents(ROWS);
        // Fails after some megabytes, when the status 200 is long on its way.
        database.run("CREATE VIEW failing AS SELECT * EXCEPT uuid, throwIf(sipHash64(uuid, number) % 100000 = 7) AS ok"
                + " FROM events CROSS JOIN numbers(50) AS n");
    }

    @AfterAll
    void close() {
        database.close();
    }

    private ClickHouseSource sourceWith(UnaryOperator<ClickHouseSettings> change) {
        return ClickHouseSource.open(change.apply(database.settings()));
    }

    private ExportException failure(ClickHouseSource source, RowSelection selection, Encoding encoding) {
        return catchThrowableOfType(
                ExportException.class,
                () -> TestDatabase.read(database.open(
                        source, selection, TestDatabase.whole(selection.interval()), encoding, TestDatabase.tag())));
    }

    @ParameterizedTest
    @MethodSource("dev.batchexports.source.clickhouse.FormatsTest#encodings")
    void aCutConnectionTearsTheStream(Encoding encoding) {
        long length = packedByClickHouse(encoding).length;
        for (long cut : new long[] {length / 3, length * 9 / 10, length - 1}) {
            try (CuttingProxy proxy = new CuttingProxy(database.settings().url().toString(), cut);
                    ClickHouseSource source = sourceWith(settings -> at(settings, proxy.url()))) {
                assertThat(failure(source, EVENTS, encoding)).satisfies(error -> {
                    assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
                    assertThat(error.code()).isEqualTo("SourceStreamTorn");
                });
            }
        }
    }

    private static ClickHouseSettings at(ClickHouseSettings settings, String url) {
        return new ClickHouseSettings(
                URI.create(url),
                settings.user(),
                settings.password(),
                settings.database(),
                settings.maxThreads(),
                settings.maxMemoryBytes(),
                settings.readPriority(),
                settings.connectTimeout(),
                settings.socketTimeout(),
                settings.extraSettings(),
                settings.userQueries(),
                GzipBy.CLICKHOUSE,
                settings.connections());
    }

    @Test
    void aCutConnectionTearsWhatIsPackedHere() {
        for (long cut : new long[] {1_000_000, 3_000_000}) {
            try (CuttingProxy proxy = new CuttingProxy(database.settings().url().toString(), cut);
                    ClickHouseSource source =
                            sourceWith(settings -> at(settings, proxy.url()).withGzipBy(GzipBy.WORKER))) {
                assertThat(failure(source, EVENTS, new Encoding(FileFormat.JSON_LINES, Compression.GZIP)))
                        .satisfies(error -> assertThat(error.code()).isEqualTo("SourceStreamTorn"));
            }
        }
    }

    /// A proxy may end a body as it should be ended although it has not got all of it.
    @ParameterizedTest
    @MethodSource("dev.batchexports.source.clickhouse.FormatsTest#encodings")
    void theFormatItselfShowsThatBytesAreMissing(Encoding encoding) throws IOException {
        byte[] whole = packedByClickHouse(encoding);
        try (StreamCheck check = StreamCheck.of(encoding, Optional.empty())) {
            check.accept(whole, 0, whole.length);
            assertThat(check.rows()).isEqualTo(ROWS);
        }
        for (int round = 0; round < 30; round++) {
            int length = 1 + ThreadLocalRandom.current().nextInt(whole.length - 1);
            boolean endsWithALine =
                    StreamCompression.of(encoding) == StreamCompression.NONE && whole[length - 1] == '\n';
            try (StreamCheck check = StreamCheck.of(encoding, Optional.empty())) {
                check.accept(whole, 0, length);
                if (!endsWithALine) {
                    assertThatThrownBy(check::rows).isInstanceOf(IOException.class);
                }
            }
        }
    }

    private byte[] packedByClickHouse(Encoding encoding) {
        try (ClickHouseSource source = sourceWith(settings -> settings.withGzipBy(GzipBy.CLICKHOUSE))) {
            return TestDatabase.read(database.open(
                            source, EVENTS, TestDatabase.whole(EVENTS.interval()), encoding, TestDatabase.tag()))
                    .bytes();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.batchexports.source.clickhouse.FormatsTest#encodings")
    void anErrorInTheMiddleOfTheStreamFailsIt(Encoding encoding) {
        RowSelection failing = TestDatabase.selection(TestDatabase.model("failing"));

        ExportException error = failure(database.source(), failing, encoding);

        assertThat(error).isNotNull();
        // Inside a compressed stream ClickHouse's message may never leave its compressor.
        assertThat(error.code()).isIn("RowNotReadable", "SourceStreamTorn");
        if (StreamCompression.of(encoding) == StreamCompression.NONE) {
            assertThat(error.code()).isEqualTo("RowNotReadable");
            assertThat(error.kind()).isEqualTo(ErrorKind.USER);
        }
    }

    @Test
    void aTimeLimitThatEndsTheQueryFailsTheStream() {
        try (ClickHouseSource source =
                sourceWith(settings -> settings.withExtraSettings(Map.of("max_execution_time", "0.2")))) {
            database.run("CREATE VIEW slow AS SELECT *, sleepEachRow(0.001) AS pause FROM events");

            assertThat(failure(source, TestDatabase.selection(TestDatabase.model("slow")), TestDatabase.JSON_LINES))
                    .satisfies(error -> {
                        assertThat(error.code()).isEqualTo("Timeout");
                        assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
                    });
        }
    }

    @Test
    void aMemoryLimitFailsTheStream() {
        try (ClickHouseSource source = sourceWith(settings -> settings.withQueryLimits(1, 1 << 20, 0))) {
            assertThat(failure(source, EVENTS, TestDatabase.PARQUET)).satisfies(error -> {
                assertThat(error.code()).isEqualTo("MemoryLimit");
                assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
                assertThat(error.fix()).contains("takes less memory");
            });
        }
    }

    @Test
    void aServerThatFallsSilentTearsTheStream() {
        database.run("CREATE VIEW silent AS SELECT *, sleepEachRow(1) AS pause FROM events");
        try (ClickHouseSource source =
                sourceWith(settings -> settings.withTimeouts(Duration.ofSeconds(2), Duration.ofMillis(500)))) {
            assertThat(failure(source, TestDatabase.selection(TestDatabase.model("silent")), TestDatabase.JSON_LINES))
                    .satisfies(error -> assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT));
        }
    }

    @Test
    void rowsAreNotToldBeforeTheEnd() {
        try (EncodedRows rows = database.open(
                database.source(),
                EVENTS,
                TestDatabase.whole(TestDatabase.HOUR),
                TestDatabase.JSON_LINES,
                TestDatabase.tag())) {
            rows.read(new byte[100], 0, 100);

            assertThatThrownBy(rows::rows).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void theUserOfAServerWithLowLimitsStillGetsAllRows() {
        Map<String, String> treacherous = Map.of(
                "result_overflow_mode", "break",
                "max_result_rows", "10",
                "read_overflow_mode", "break",
                "timeout_overflow_mode", "break",
                "limit", "5",
                "extremes", "1",
                "http_write_exception_in_output_format", "1");
        try (ClickHouseSource source = sourceWith(settings -> settings.withExtraSettings(treacherous))) {
            assertThat(TestDatabase.read(database.open(
                                    source,
                                    EVENTS,
                                    TestDatabase.whole(TestDatabase.HOUR),
                                    TestDatabase.JSON_LINES,
                                    TestDatabase.tag()))
                            .rows())
                    .isEqualTo(ROWS);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "max_rows_to_read, read_overflow_mode",
        "max_rows_to_read_leaf, read_overflow_mode_leaf",
        "max_rows_in_distinct, distinct_overflow_mode",
        "max_rows_in_join, join_overflow_mode",
        "max_rows_to_sort, sort_overflow_mode",
        "max_rows_in_set, set_overflow_mode",
        "max_rows_to_group_by, group_by_overflow_mode",
    })
    void aLimitOfTheProfileFailsInsteadOfCutting(String limit, String mode) {
        database.run("CREATE OR REPLACE VIEW limited AS SELECT DISTINCT a.* FROM events AS a"
                + " JOIN (SELECT uuid FROM events GROUP BY uuid ORDER BY max(event) LIMIT 1000000) AS b ON a.uuid = b.uuid"
                + " WHERE a.uuid IN (SELECT uuid FROM events)");
        Map<String, String> limited = Map.of(limit, "10", mode, "break");
        try (ClickHouseSource source = sourceWith(settings -> settings.withExtraSettings(limited))) {
            assertThat(failure(source, TestDatabase.selection(TestDatabase.model("limited")), TestDatabase.JSON_LINES))
                    .satisfies(error -> assertThat(error.code()).isEqualTo("LimitExceeded"));
        }
    }
}
