package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import dev.batchexports.source.clickhouse.ClickHouseSettings;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Generated rows of every column type, from ClickHouse into a table and back: every value is compared.
@ExtendWith(TestAccount.Provider.class)
class SnowflakeRoundTripTest {
    private static final Interval HOUR =
            new Interval(Instant.parse("2026-11-01T10:00:00Z"), Instant.parse("2026-11-01T11:00:00Z"));
    private static final int ROWS = Integer.getInteger("round-trip.rows", 20_000);
    private static final int CHUNK = 10_000;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final TestAccount account;
    private final HttpClient http = HttpClient.newHttpClient();

    SnowflakeRoundTripTest(TestAccount account) {
        this.account = account;
    }

    /// A column under test.
    ///
    /// @param value of the row `number`, in ClickHouse
    /// @param shown how ClickHouse shows it as a text
    /// @param found how Snowflake shows it as a text
    /// @param form makes equal values equal texts
    private record Column(
            String name, String type, String value, String shown, String found, Function<String, String> form) {
        static Column of(String name, String type, String value) {
            return new Column(
                    name, type, value, "toString(" + name + ")", "TO_VARCHAR(\"" + name + "\")", text -> text);
        }

        Column shown(String expression) {
            return new Column(name, type, value, expression, found, form);
        }

        Column found(String expression) {
            return new Column(name, type, value, shown, expression, form);
        }

        Column form(Function<String, String> changed) {
            return new Column(name, type, value, shown, found, changed);
        }
    }

    private static Column json(String name, String type, String value) {
        return Column.of(name, type, value)
                .shown("toJSONString(" + name + ")")
                .found("TO_JSON(\"" + name + "\")")
                .form(SnowflakeRoundTripTest::canonicalJson);
    }

    private static final String HASH = "cityHash64(number, '%s')";
    private static final String TEXT =
            "concat(toValidUTF8(unhex(hex(sipHash128(number)))), ' ''\"\\\\\\n\\t \\0 é 漢 🐘', toString(number))";

    private static final List<Column> COLUMNS = List.of(
            Column.of("id", "UInt64", "number"),
            Column.of("u8", "UInt8", HASH.formatted("a")),
            Column.of("i8", "Int8", HASH.formatted("b")),
            Column.of("u16", "UInt16", HASH.formatted("c")),
            Column.of("i16", "Int16", HASH.formatted("d")),
            Column.of("u32", "UInt32", HASH.formatted("e")),
            Column.of("i32", "Int32", HASH.formatted("f")),
            Column.of("u64", "UInt64", HASH.formatted("g")),
            Column.of("i64", "Int64", "reinterpretAsInt64(" + HASH.formatted("h") + ")"),
            Column.of("i128", "Int128", "toInt128(" + HASH.formatted("i") + ") * -3000000000000000000"),
            Column.of("u256", "UInt256", "toUInt256(" + HASH.formatted("j") + ") * toUInt256('98765432109876543210')"),
            Column.of("d9", "Decimal(9, 2)", "toDecimal32(toInt32(" + HASH.formatted("k") + " % 1999999) - 999999, 2)")
                    .form(SnowflakeRoundTripTest::canonicalNumber),
            Column.of("d38", "Decimal(38, 10)", "toDecimal128(reinterpretAsInt64(" + HASH.formatted("l") + "), 10) / 7")
                    .form(SnowflakeRoundTripTest::canonicalNumber),
            Column.of("f32", "Float32", "reinterpretAsInt64(" + HASH.formatted("m") + ") / 3")
                    .shown("toString(toFloat64(f32))")
                    .form(SnowflakeRoundTripTest::canonicalDouble),
            Column.of(
                            "f64",
                            "Float64",
                            "multiIf(number % 97 = 0, nan, number % 97 = 1, -inf, reinterpretAsInt64("
                                    + HASH.formatted("n") + ") / 7)")
                    .form(SnowflakeRoundTripTest::canonicalDouble),
            Column.of("bool", "Bool", "number % 2"),
            Column.of("day", "Date", "toDate(number % 65535)"),
            Column.of("day32", "Date32", "toDate32('1900-01-01') + number % 145000"),
            Column.of("t0", "DateTime('Asia/Tokyo')", "toDateTime(" + HASH.formatted("o") + " % 4294967295)")
                    .shown("toString(toDateTime64(t0, 6, 'UTC'))")
                    .form(SnowflakeRoundTripTest::canonicalTime),
            Column.of(
                            "t3",
                            "DateTime64(3, 'Europe/Berlin')",
                            "fromUnixTimestamp64Milli(toInt64(" + HASH.formatted("p") + " % 4000000000000))")
                    .shown("toString(toTimeZone(t3, 'UTC'))")
                    .form(SnowflakeRoundTripTest::canonicalTime),
            Column.of(
                            "t6",
                            "DateTime64(6, 'UTC')",
                            "fromUnixTimestamp64Micro(toInt64(" + HASH.formatted("q")
                                    + " % 8000000000000000) - 2000000000000000)")
                    .form(SnowflakeRoundTripTest::canonicalTime),
            Column.of("s", "String", TEXT),
            Column.of("empty", "String", "''"),
            Column.of("low", "LowCardinality(String)", "['a', 'b', ''][number % 3 + 1]"),
            Column.of("fixed", "FixedString(16)", "sipHash128(number)")
                    .shown("hex(fixed)")
                    .found("\"fixed\""),
            Column.of("id16", "UUID", "reinterpretAsUUID(sipHash128(number, 1))"),
            Column.of("word", "Enum8('one' = 1, 'two' = 2)", "number % 2 + 1"),
            Column.of("v4", "IPv4", "toIPv4(toUInt32(" + HASH.formatted("r") + " % 4294967296))"),
            Column.of("v6", "IPv6", "reinterpretAsFixedString(sipHash128(number, 2))"),
            Column.of("maybe", "Nullable(Int32)", "if(number % 3 = 0, NULL, number)"),
            Column.of("maybes", "Nullable(String)", "if(number % 3 = 1, NULL, toString(number))"),
            Column.of("maybed", "Nullable(DateTime64(3, 'UTC'))", "if(number % 3 = 2, NULL, toDateTime64(number, 3))")
                    .form(SnowflakeRoundTripTest::canonicalTime),
            json("list", "Array(Int32)", "range(number % 5)"),
            json("nested", "Array(Array(String))", "[[toString(number)], [], ['a\"b']]"),
            json("pair", "Tuple(x Int32, y String)", "(number, toString(number))"),
            json("map", "Map(String, UInt32)", "map('k', number, concat('k', toString(number)), 1)"),
            Column.of(
                            "properties",
                            "String",
                            "multiIf(number % 11 = 0, 'not {json', number % 11 = 1, '', number % 11 = 2, '[1, 2.50]',"
                                    + " concat('{\"price\":', toString(number), '.10,\"n\":{\"list\":[1,null,true],\"t\":"
                                    + "\"d\\\\u00e9j\\\\u00e0 \\\\\"', toString(number), '\"}}'))")
                    .shown("properties")
                    .found("TO_JSON(\"properties\")")
                    .form(SnowflakeRoundTripTest::canonicalJson));

    @Test
    void bringsEveryValueOfEveryType(@TempDir Path folder) throws Exception {
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(Options.forTests(folder, Component.CLICKHOUSE));
                ClickHouseSource source = ClickHouseSource.open(settings(platform.connections()));
                Destination destination = TestAccount.open(account.withKeyPair())) {
            Connections connections = platform.connections();
            createRows(connections);
            String table = "round_trip_" + UUID.randomUUID().toString().substring(0, 8);
            export(source, destination, table);
            for (int first = 0; first < ROWS; first += CHUNK) {
                compare(connections, table, first);
            }
        }
    }

    private static ClickHouseSettings settings(Connections connections) {
        return ClickHouseSettings.of(
                        connections.clickhouseUrl(),
                        connections.clickhouseUser(),
                        new Secret(connections.clickhousePassword()),
                        "default")
                .withQueryLimits(2, 2L << 30, 0);
    }

    private void createRows(Connections connections) throws IOException, InterruptedException {
        String columns = COLUMNS.stream()
                .map(column -> column.name() + " " + column.type())
                .collect(Collectors.joining(", "));
        String values = COLUMNS.stream()
                .map(column -> column.value() + " AS v_" + column.name())
                .collect(Collectors.joining(", "));
        String _ = clickHouse(
                connections,
                "CREATE TABLE typed (" + columns
                        + ", inserted_at DateTime64(6, 'UTC')) ENGINE = MergeTree ORDER BY id");
        String _ = clickHouse(
                connections,
                "INSERT INTO typed SELECT " + values + ", toDateTime64('2026-11-01 10:00:00', 6, 'UTC') + number % 3600"
                        + " FROM numbers(" + ROWS + ")");
    }

    private static void export(ClickHouseSource source, Destination destination, String table)
            throws InterruptedException {
        RowSelection selection = new RowSelection(
                new Model(table, new Relation.Table("typed"), "inserted_at", List.of(), List.of(), null),
                1,
                HOUR,
                List.of(),
                List.of(),
                List.of());
        UUID run = UUID.randomUUID();
        Plan plan = source.plan(
                selection,
                destination.encoding(),
                new SliceLimits(2L << 20, destination.maxFileBytes(), 100),
                new QueryTag(run, "plan", 1));
        assertThat(plan.slices()).hasSizeGreaterThan(1);
        TransferContext context = new TransferContext(
                new RunKey(UUID.randomUUID(), run, 1, HOUR),
                table,
                new WriteMode.Append(),
                plan.columns(),
                plan.slices().size());
        List<SliceReceipt> receipts = new ArrayList<>();
        try (Transfer transfer = destination.begin(context)) {
            for (Slice slice : plan.slices()) {
                try (EncodedRows rows = source.open(
                        selection,
                        plan.columns(),
                        slice,
                        destination.encoding(),
                        new QueryTag(run, "slice-" + slice.number(), 1))) {
                    receipts.add(transfer.write(slice, rows, bytes -> {}));
                }
            }
            assertThat(transfer.commit(receipts))
                    .isInstanceOfSatisfying(
                            CommitResult.Committed.class,
                            committed ->
                                    assertThat(committed.rowsAtDestination()).hasValue(ROWS));
        }
    }

    private void compare(Connections connections, String table, int first) throws IOException, InterruptedException {
        String shown = COLUMNS.stream()
                .map(column ->
                        "if(" + column.name() + " IS NULL, '\\0NULL', toValidUTF8(ifNull(" + column.shown() + ", '')))")
                .collect(Collectors.joining(", ", "[", "]"));
        List<List<String>> expected = clickHouse(
                        connections,
                        "SELECT toJSONString(" + shown + ") FROM typed WHERE id >= " + first + " AND id < "
                                + (first + CHUNK) + " ORDER BY id FORMAT TSVRaw")
                .lines()
                .map(line -> canonical(List.of(JSON.readValue(line, String[].class))))
                .toList();
        String found = COLUMNS.stream()
                .map(column -> column.found() + " AS \"" + column.name() + "\"")
                .collect(Collectors.joining(", "));
        List<List<String>> actual = account
                .query("SELECT " + found + " FROM "
                        + TestAccount.configuration(account.withKeyPair())
                                .table(table)
                                .sql()
                        + " AS typed WHERE typed.\"id\" >= " + first + " AND typed.\"id\" < " + (first + CHUNK)
                        + " ORDER BY typed.\"id\"")
                .stream()
                .map(row -> canonical(COLUMNS.stream()
                        .map(column -> row.find(column.name()).orElse("\0NULL"))
                        .toList()))
                .toList();
        assertThat(actual).hasSameSizeAs(expected);
        for (int row = 0; row < expected.size(); row++) {
            assertThat(actual.get(row)).as("row %d", first + row).isEqualTo(expected.get(row));
        }
    }

    private static List<String> canonical(List<String> values) {
        List<String> canonical = new ArrayList<>();
        for (int index = 0; index < values.size(); index++) {
            String value = values.get(index);
            Column column = COLUMNS.get(index);
            canonical.add(column.name() + " = "
                    + (value.equals("\0NULL") ? value : column.form().apply(value)));
        }
        return canonical;
    }

    private static String canonicalNumber(String number) {
        return new BigDecimal(number).stripTrailingZeros().toPlainString();
    }

    private static String canonicalDouble(String number) {
        return switch (number.toLowerCase(Locale.ROOT)) {
            case "nan" -> "NaN";
            case "inf", "infinity" -> "Infinity";
            case "-inf", "-infinity" -> "-Infinity";
            default -> Double.toString(Double.parseDouble(number));
        };
    }

    /// Without trailing zeros of the fraction.
    private static String canonicalTime(String time) {
        return time.contains(".") ? time.replaceAll("0+$", "").replaceAll("\\.$", "") : time;
    }

    /// What is no JSON is a JSON text.
    private static String canonicalJson(String text) {
        try {
            return text.isEmpty() ? "\"\"" : JSON.readTree(text).toString();
        } catch (JacksonException e) {
            return JSON.writeValueAsString(text);
        }
    }

    private String clickHouse(Connections connections, String sql) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create(connections.clickhouseUrl() + "/?wait_end_of_query=1"))
                        .header("X-ClickHouse-User", connections.clickhouseUser())
                        .header("X-ClickHouse-Key", connections.clickhousePassword())
                        .POST(HttpRequest.BodyPublishers.ofString(sql))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.body());
        }
        return response.body();
    }
}
