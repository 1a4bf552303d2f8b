package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.RowSelection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How values of every kind are written.
class ValuesTest {
    private static final RowSelection SELECTION = TestDatabase.selection(TestDatabase.model("t"));

    private final TestDatabase database = TestDatabase.create();

    @AfterEach
    void close() {
        database.close();
    }

    /// A table with one row, and the landing time behind the given columns.
    private void createRow(String columns, String values) {
        database.run("CREATE TABLE t (" + columns
                + ", inserted_at DateTime64(6, 'UTC') DEFAULT '2026-11-01 10:30:00.5')"
                + " ENGINE = MergeTree ORDER BY tuple() SETTINGS flatten_nested = 0");
        database.run("INSERT INTO t (* EXCEPT inserted_at) SELECT " + values);
    }

    private String jsonLine() {
        return database.export(SELECTION, TestDatabase.JSON_LINES).text();
    }

    private static String line(String fields) {
        return "{" + fields + ",\"inserted_at\":\"2026-11-01T10:30:00.500000Z\"}\n";
    }

    @Test
    void jsonWritesNumbersWithAllTheirDigits() {
        createRow(
                "a UInt64, b Int64, c Int128, d Decimal(38, 10), e Float64, f Float64, g Float64, h Bool",
                "18446744073709551615, -9223372036854775808, toInt128('170141183460469231731687303715884105727'),"
                        + " toDecimal128('1234567890123456789012345678.0123456789', 10), 0.1, nan, -inf, true");

        assertThat(jsonLine())
                .isEqualTo(line("\"a\":18446744073709551615,\"b\":-9223372036854775808,"
                        + "\"c\":170141183460469231731687303715884105727,"
                        + "\"d\":1234567890123456789012345678.0123456789,"
                        + "\"e\":0.1,\"f\":\"nan\",\"g\":\"-inf\",\"h\":true"));
    }

    @Test
    void jsonWritesTimesInUtc() {
        createRow(
                "a DateTime('Europe/Berlin'), b DateTime64(3, 'Asia/Tokyo'), c DateTime64(9, 'UTC'), d Date, e Date32",
                "toDateTime('2026-03-29 00:30:00', 'UTC'), toDateTime64('2026-01-02 03:04:05.678', 3, 'Asia/Tokyo'),"
                        + " toDateTime64('2026-01-02 03:04:05.123456789', 9, 'UTC'), '2026-01-02', '1900-01-01'");

        assertThat(jsonLine())
                .isEqualTo(line("\"a\":\"2026-03-29T00:30:00Z\",\"b\":\"2026-01-01T18:04:05.678Z\","
                        + "\"c\":\"2026-01-02T03:04:05.123456789Z\",\"d\":\"2026-01-02\",\"e\":\"1900-01-01\""));
    }

    @Test
    void jsonWritesNestedValues() {
        createRow(
                "a Array(Nullable(Int32)), b Map(String, Array(String)), c Tuple(x Int32, y String), d JSON,"
                        + " e Variant(Int64, String), f Dynamic, g Nullable(String), h LowCardinality(Nullable(String)),"
                        + " i Enum8('one' = 1), j IPv4, k IPv6, l FixedString(3), m UUID",
                "[1, NULL], map('k', ['a\"b']), (1, 'z\\n'), '{\"a\": {\"b\": 1}}'::JSON, 5::Variant(Int64, String),"
                        + " NULL::Dynamic, NULL, 'low', 'one', '1.2.3.4', '::1', 'ab',"
                        + " '655c28ea-798d-4b52-8015-12640b715288'");

        assertThat(jsonLine())
                .isEqualTo(line("\"a\":[1,null],\"b\":{\"k\":[\"a\\\"b\"]},\"c\":{\"x\":1,\"y\":\"z\\n\"},"
                        + "\"d\":{\"a\":{\"b\":1}},\"e\":5,\"f\":null,\"g\":null,\"h\":\"low\",\"i\":\"one\","
                        + "\"j\":\"1.2.3.4\",\"k\":\"::1\",\"l\":\"ab\\u0000\","
                        + "\"m\":\"655c28ea-798d-4b52-8015-12640b715288\""));
    }

    @Test
    void jsonTextThatIsAnObjectIsNestedAsItIs() {
        createRow("properties String", "'{\"b\":1.10, \"a\": [1e3],\\n\"b\":2,\"t\":\"x\\\\ny/\"}'");

        // The same bytes, but for the line break between two tokens.
        assertThat(jsonLine()).isEqualTo(line("\"properties\":{\"b\":1.10, \"a\": [1e3], \"b\":2,\"t\":\"x\\ny/\"}"));
    }

    @Test
    void jsonTextThatIsNoValidObjectIsAString() {
        createRow(
                "properties String, a_properties String, b_properties Nullable(String), c_properties String,"
                        + " d_properties String, e_properties String",
                "'not json', '', NULL, '[1]', '{\"a\":1', '{\"a\":\"\\\\ud800\"}'");

        assertThat(jsonLine())
                .isEqualTo(line("\"properties\":\"not json\",\"a_properties\":\"\",\"b_properties\":null,"
                        + "\"c_properties\":\"[1]\",\"d_properties\":\"{\\\"a\\\":1\","
                        + "\"e_properties\":\"{\\\"a\\\":\\\"\\\\ud800\\\"}\""));
    }

    @Test
    void bytesThatAreNoTextAreReplacedInEveryFormat(@TempDir Path folder) {
        createRow(
                "s String, properties String, l LowCardinality(String), a Array(String), v Variant(Int64, String)",
                "'a\\xffb', '{\"a\":\"\\xfe\"}', '\\xc3', ['\\xff'], '\\xff'::Variant(Int64, String)");

        assertThat(jsonLine())
                .isEqualTo(line("\"s\":\"a\ufffdb\",\"properties\":\"{\\\"a\\\":\\\"\ufffd\\\"}\","
                        + "\"l\":\"\ufffd\",\"a\":[\"\ufffd\"],\"v\":\"\ufffd\""));
        assertThat(database.export(SELECTION, TestDatabase.TAB_SEPARATED).text())
                .startsWith("a\ufffdb\t");
        try (DuckDb reader = new DuckDb(folder)) {
            String file = reader.file(
                    "t.parquet",
                    database.export(SELECTION, TestDatabase.PARQUET).bytes());
            assertThat(reader.rows("SELECT s, properties, l, a, v FROM " + file))
                    .containsExactly("a\ufffdb|{\"a\":\"\ufffd\"}|\ufffd|[\ufffd]|\"\ufffd\"");
        }
    }

    @Test
    void parquetHasTypesThatReadersKnowInsideOfOthers(@TempDir Path folder) {
        createRow(
                "_element1 Array(LowCardinality(Nullable(String))), b Map(LowCardinality(String), Array(UUID)),"
                        + " c Tuple(`x, \\`)` Int32, y Nullable(String), z Tuple(Date, Array(LowCardinality(String)))),"
                        + " d Array(Tuple(w Enum8('one' = 1, 'a,b\\')' = 2), t DateTime('Asia/Tokyo'))),"
                        + " e Array(Array(Dynamic)), f Map(Date, Map(UInt8, Nullable(UInt256))),"
                        + " g SimpleAggregateFunction(groupArrayArray, Array(String)), h Nested(s String, n Int8),"
                        + " i Array(FixedString(2)), j Map(String, Int8), k SimpleAggregateFunction(any, Nullable(Date))",
                "['\\xff', NULL], map('k\\xff', [toUUID('655c28ea-798d-4b52-8015-12640b715288')], 'l', []),"
                        + " (1, '\\xfe', ('2026-01-02', ['\\xff'])), [(2, toDateTime('2026-01-02 03:04:05', 'UTC'))],"
                        + " [[toInt64(1)::Dynamic, 'a\\xff'::Dynamic]], map('2026-01-02', map(7, 5, 8, NULL)),"
                        + " ['\\xff'], [('\\xff', 3)], ['ab'], map(), NULL");

        try (DuckDb reader = new DuckDb(folder)) {
            String file = reader.file(
                    "t.parquet",
                    database.export(SELECTION, TestDatabase.PARQUET).bytes());
            assertThat(reader.rows(
                            "SELECT to_json(_element1), to_json(b), to_json(c), to_json(d), to_json(e), to_json(f),"
                                    + " to_json(g), to_json(h), to_json(i), to_json(j), k FROM " + file))
                    .containsExactly(
                            "[\"\ufffd\",null]|{\"k\ufffd\":[\"655c28ea-798d-4b52-8015-12640b715288\"],\"l\":[]}"
                                    + "|{\"x, `)\":1,\"y\":\"\ufffd\",\"z\":{\"1\":\"2026-01-02\",\"2\":[\"\ufffd\"]}}"
                                    + "|[{\"w\":\"a,b')\",\"t\":\"2026-01-02 03:04:05+00\"}]|[[\"1\",\"\\\"a\ufffd\\\"\"]]"
                                    + "|{\"2026-01-02\":{\"7\":\"5\",\"8\":null}}|[\"\ufffd\"]|[{\"s\":\"\ufffd\",\"n\":3}]"
                                    + "|[\"ab\"]|{}|null");
        }
    }

    @Test
    void parquetHasDatesAndTextWhateverTheProfileSays(@TempDir Path folder) {
        createRow(
                "a Date, b Nullable(Date), c FixedString(2), d DateTime, e Dynamic, f String, g Array(Date)",
                "'2149-06-06', NULL, 'ab', toDateTime('2026-01-02 03:04:05', 'UTC'), toInt64(5)::Dynamic, 'f', ['2026-01-02']");
        Map<String, String> treacherous = Map.of(
                "output_format_parquet_date_as_uint16", "1",
                "output_format_parquet_datetime_as_uint32", "1",
                "output_format_parquet_fixed_string_as_fixed_byte_array", "0",
                "output_format_parquet_string_as_string", "0",
                "output_format_json_quote_64bit_integers", "1");
        try (DuckDb reader = new DuckDb(folder);
                ClickHouseSource source =
                        ClickHouseSource.open(database.settings().withExtraSettings(treacherous))) {
            String file = reader.file(
                    "t.parquet",
                    TestDatabase.read(database.open(
                                    source,
                                    SELECTION,
                                    TestDatabase.whole(SELECTION.interval()),
                                    TestDatabase.PARQUET,
                                    TestDatabase.tag()))
                            .bytes());
            assertThat(reader.rows("SELECT a, b, c::VARCHAR, d, e, f, g FROM " + file))
                    .containsExactly("2149-06-06|null|ab|2026-01-02T03:04:05Z|5|f|[2026-01-02]");
            assertThat(reader.rows("SELECT typeof(a), typeof(b), typeof(c), typeof(f), typeof(g) FROM " + file))
                    .containsExactly("DATE|DATE|BLOB|VARCHAR|DATE[]");
        }
    }

    @Test
    void parquetHasTypesThatReadersKnow(@TempDir Path folder) {
        createRow(
                "a UUID, b Nullable(UUID), c IPv4, d Int128, e Enum8('one' = 1), f DateTime('Asia/Tokyo'),"
                        + " g DateTime64(3, 'Asia/Tokyo'), h Variant(Int64, String), i LowCardinality(String),"
                        + " j Decimal(18, 4), k Array(Int32), l Date",
                "'655c28ea-798d-4b52-8015-12640b715288', NULL, '1.2.3.4', -5, 'one',"
                        + " toDateTime('2026-01-02 03:04:05', 'UTC'), toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC'),"
                        + " 'v'::Variant(Int64, String), 'low', 12.5, [1, 2], '2026-01-02'");

        try (DuckDb reader = new DuckDb(folder)) {
            String file = reader.file(
                    "t.parquet",
                    database.export(SELECTION, TestDatabase.PARQUET).bytes());
            assertThat(reader.rows("SELECT a, b, c, d, e, f, g, h, i, j, k, l, inserted_at FROM " + file))
                    .containsExactly("655c28ea-798d-4b52-8015-12640b715288|null|1.2.3.4|-5|one|2026-01-02T03:04:05Z"
                            + "|2026-01-02T03:04:05.678Z|\"v\"|low|12.5000|[1, 2]|2026-01-02"
                            + "|2026-11-01T10:30:00.500Z");
        }
    }

    @Test
    void tabSeparatedIsWhatPostgresqlCopies() {
        createRow(
                "a String, b Nullable(String), c Nullable(Int32), d Bool, e DateTime64(6)",
                "'tab\\tline\\nback\\\\slash', NULL, NULL, true, toDateTime64('2026-01-02 03:04:05.678', 6, 'UTC')");

        assertThat(database.export(SELECTION, TestDatabase.TAB_SEPARATED).text())
                .isEqualTo("tab\\tline\\nback\\\\slash\t\\N\t\\N\ttrue\t2026-01-02T03:04:05.678000Z"
                        + "\t2026-11-01T10:30:00.500000Z\n");
    }

    private String tabSeparated() {
        return database.export(SELECTION, TestDatabase.TAB_SEPARATED).text();
    }

    private static String cells(String... cells) {
        return String.join("\t", cells) + "\t2026-11-01T10:30:00.500000Z\n";
    }

    @Test
    void tabSeparatedTextHasNothingThatPostgresqlRefuses() {
        createRow(
                "a String, b Nullable(String), c LowCardinality(String), d FixedString(5), e Nullable(FixedString(3))",
                "'a\\0b\\xff', 'x\\0', '\\0', 'ab\\0c', NULL");

        assertThat(tabSeparated()).isEqualTo(cells("a\ufffdb\ufffd", "x\ufffd", "\ufffd", "ab\ufffdc", "\\N"));
    }

    @Test
    void tabSeparatedJsonTextIsValidForJsonb() {
        createRow(
                "properties String, a_properties Nullable(String), b_properties String, c_properties String,"
                        + " d_properties String, e_properties String, f_properties String",
                "'{\"a\":\"\\\\u0000\\\\u0000 \\\\\\\\u0000 \\\\\\\\\\\\u0000\"}', NULL, 'not\\0json', '[1, 2]', '',"
                        + " '{\"a\":\"\\\\ud800\"}', '{\"a\":1e-20000}'");

        assertThat(tabSeparated())
                .isEqualTo(cells(
                        "{\"a\":\"\\\\ufffd\\\\ufffd \\\\\\\\u0000 \\\\\\\\\\\\ufffd\"}",
                        "\\N",
                        "\"not\ufffdjson\"",
                        "[1, 2]",
                        "\"\"",
                        "\"{\\\\\"a\\\\\":\\\\\"\\\\\\\\ud800\\\\\"}\"",
                        "\"{\\\\\"a\\\\\":1e-20000}\""));
    }

    @Test
    void tabSeparatedTimesAreNeverRoundedUp() {
        createRow(
                "a DateTime64(9, 'UTC'), b Nullable(DateTime64(9)), c DateTime('Asia/Tokyo'), d Date32",
                "toDateTime64('2026-01-02 03:04:59.999999999', 9, 'UTC'), NULL,"
                        + " toDateTime('2026-01-02 03:04:05', 'UTC'), '1900-01-01'");

        assertThat(tabSeparated())
                .isEqualTo(cells("2026-01-02T03:04:59.999999Z", "\\N", "2026-01-02T03:04:05Z", "1900-01-01"));
    }

    @Test
    void tabSeparatedCompositesAreJson() {
        createRow(
                "a Array(Nullable(Int32)), b Map(String, Array(String)), c Tuple(x Int32, y String), d JSON,"
                        + " e Variant(Int64, String), f Dynamic, g Array(Float64), h Array(UInt64),"
                        + " i Variant(Int64, String), j Array(DateTime64(3, 'UTC'))",
                "[1, NULL], map('k\\0', ['a\\0b\\xff', '\\\\\\\\u0000']), (1, 'z\\n'), '{\"a\": {\"b\": 1}}'::JSON,"
                        + " NULL::Variant(Int64, String), NULL::Dynamic, [nan, inf, 0.1], [18446744073709551615],"
                        + " 'word'::Variant(Int64, String), [toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC')]");

        assertThat(tabSeparated())
                .isEqualTo(cells(
                        "[1,null]",
                        "{\"k\\\\ufffd\":[\"a\\\\ufffdb\ufffd\",\"\\\\\\\\\\\\\\\\u0000\"]}",
                        "{\"x\":1,\"y\":\"z\\\\n\"}",
                        "{\"a\":{\"b\":1}}",
                        "\\N",
                        "\\N",
                        "[\"nan\",\"inf\",0.1]",
                        "[18446744073709551615]",
                        "\"word\"",
                        "[\"2026-01-02T03:04:05.678Z\"]"));
    }

    @Test
    void tabSeparatedScalarsAreWords() {
        createRow(
                "a UUID, b IPv4, c IPv6, d Enum8('o\\'ne' = 1), e Decimal(38, 10), f UInt256, g Float64, h Bool,"
                        + " i Nullable(Bool), j LowCardinality(Nullable(String))",
                "'655c28ea-798d-4b52-8015-12640b715288', '1.2.3.4', '::ffff:1.2.3.4', 'o\\'ne',"
                        + " toDecimal128('1234567890123456789012345678.0123456789', 10),"
                        + " toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935'),"
                        + " -inf, false, NULL, NULL");

        assertThat(tabSeparated())
                .isEqualTo(cells(
                        "655c28ea-798d-4b52-8015-12640b715288",
                        "1.2.3.4",
                        "::ffff:1.2.3.4",
                        "o\\'ne",
                        "1234567890123456789012345678.0123456789",
                        "115792089237316195423570985008687907853269984665640564039457584007913129639935",
                        "-inf",
                        "false",
                        "\\N",
                        "\\N"));
    }

    @Test
    void columnsAreRenamedDroppedAndSwapped() {
        createRow("a Int32, b Int32, c Int32", "1, 2, 3");
        Model model = new Model(
                "renamed",
                new Relation.Table("t"),
                "inserted_at",
                List.of(
                        new Model.Column("b", "a"),
                        new Model.Column("a", "b"),
                        new Model.Column("inserted_at", "c"),
                        new Model.Column("landed", "inserted_at")),
                List.of(),
                null);

        assertThat(database.export(TestDatabase.selection(model), TestDatabase.JSON_LINES)
                        .text())
                .isEqualTo("{\"b\":1,\"a\":2,\"inserted_at\":3,\"landed\":\"2026-11-01T10:30:00.500000Z\"}\n");
    }

    @Test
    void computedColumnsAreWrittenOnlyWhenNamed() {
        createRow("a Int32, b Int32 ALIAS a * 2, c Int32 MATERIALIZED a * 3", "1");
        Model named = new Model(
                "named",
                new Relation.Table("t"),
                "inserted_at",
                List.of(new Model.Column("b", "b"), new Model.Column("c", "c")),
                List.of(),
                null);

        assertThat(jsonLine()).isEqualTo(line("\"a\":1"));
        assertThat(database.export(TestDatabase.selection(named), TestDatabase.JSON_LINES)
                        .text())
                .isEqualTo("{\"b\":2,\"c\":3}\n");
    }

    @Test
    void aRowOf64MegabytesPasses() {
        String megabytes = "arrayStringConcat(arrayMap(n -> repeat('x', 1000000), range(32)))";
        createRow("properties String, s String", "concat('{\"a\":\"', " + megabytes + ", '\"}'), " + megabytes);

        for (Encoding encoding : List.of(TestDatabase.JSON_LINES, TestDatabase.PARQUET, TestDatabase.TAB_SEPARATED)) {
            assertThat(database.export(SELECTION, encoding).rows()).isEqualTo(1);
        }
        assertThat(jsonLine().getBytes(StandardCharsets.UTF_8).length).isGreaterThan(64_000_000);
    }
}
