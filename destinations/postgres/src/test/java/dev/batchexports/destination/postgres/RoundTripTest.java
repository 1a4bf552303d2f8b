package dev.batchexports.destination.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

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
import dev.batchexports.core.source.Source;
import dev.batchexports.embedded.Connections;
import dev.batchexports.source.clickhouse.ClickHouseSettings;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Values of every kind, from a real ClickHouse by the real source into a real PostgreSQL, compared one by
/// one.
@ExtendWith(Database.Provider.class)
class RoundTripTest {
    private static final int ROWS = 100_000;
    private static final int SLICES = 4;
    private static final Interval HOUR =
            new Interval(Instant.parse("2026-11-01T10:00:00Z"), Instant.parse("2026-11-01T11:00:00Z"));

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /// How a value is read on either side, and when two are the same.
    private enum Kind {
        WORD("toString(%s)", "%s::text"),
        NUMBER("toString(%s)", "trim_scale(%s::numeric)::text"),
        SINGLE("toString(%s)", "%s::text"),
        DOUBLE("toString(%s)", "%s::text"),
        MICROSECONDS(
                "toString(toUnixTimestamp64Micro(toDateTime64(%s, 6)))",
                // In whole numbers: before version 14 the seconds are a double.
                "(extract(epoch from date_trunc('second', %1$s::timestamptz))::bigint * 1000000"
                        + " + extract(microseconds from %1$s::timestamptz)::bigint %% 1000000)::text"),
        ADDRESS("toString(%s)", "host(%s)"),
        JSON_VALUE("%s", "%s::text"),
        JSON_TEXT("%s", "%s::text");

        private final String clickhouse;
        private final String postgres;

        Kind(String clickhouse, String postgres) {
            this.clickhouse = clickhouse;
            this.postgres = postgres;
        }

        boolean same(JsonNode expected, @Nullable String found) throws IOException {
            if (expected.isNull() || found == null) {
                return expected.isNull() && found == null;
            }
            return switch (this) {
                case WORD, NUMBER, MICROSECONDS ->
                    expected.asString().replace('\0', '\ufffd').equals(found);
                case SINGLE -> Float.compare(Float.parseFloat(word(expected)), Float.parseFloat(found)) == 0;
                case DOUBLE -> Double.compare(Double.parseDouble(word(expected)), Double.parseDouble(found)) == 0;
                case ADDRESS -> InetAddress.getByName(expected.asString()).equals(InetAddress.getByName(found));
                case JSON_VALUE -> same(expected, JSON.readTree(found));
                case JSON_TEXT -> same(JSON.readTree(expected.asString()), JSON.readTree(found));
            };
        }

        private static String word(JsonNode number) {
            return number.asString().replace("nan", "NaN").replace("inf", "Infinity");
        }

        private static boolean same(JsonNode one, JsonNode other) {
            return one.equals(
                    (left, right) -> left.isNumber() && right.isNumber()
                            ? left.decimalValue().compareTo(right.decimalValue())
                            : left.equals(right) ? 0 : 1,
                    other);
        }
    }

    /// @param value an expression over `number`
    private record Column(String type, String value, Kind kind) {}

    /// Text of up to 11 characters of all the kinds that text formats like to damage.
    private static String text(int seed) {
        return "arrayStringConcat(arrayMap(i -> ['a', '\\t', '\\n', '\\r', '\\\\', '\\'', '\"', 'é', '漢', '😀', '\\\\N',"
                + " '\\\\.', '\\b', '\\f', ',', ' ', '\\0'][sipHash64(number, i, " + seed + ") % 17 + 1],"
                + " range(sipHash64(number, " + seed + ") % 12)))";
    }

    private static String hash(int seed) {
        return "sipHash64(number, " + seed + ")";
    }

    private static List<Column> columns() {
        String wide =
                "reinterpretAs%s(concat(" + hash8(1) + hash8(2) + hash8(3) + "reinterpretAsString(" + hash(4) + ")))";
        return List.of(
                new Column("UInt64", "number", Kind.NUMBER),
                new Column("Bool", hash(10) + " % 2", Kind.WORD),
                new Column("Int8", "toInt8(" + hash(11) + " % 256)", Kind.NUMBER),
                new Column("UInt8", hash(12) + " % 256", Kind.NUMBER),
                new Column("Int16", "reinterpretAsInt16(" + hash(13) + ")", Kind.NUMBER),
                new Column("UInt16", hash(14) + " % 65536", Kind.NUMBER),
                new Column("Int32", "reinterpretAsInt32(" + hash(15) + ")", Kind.NUMBER),
                new Column("UInt32", "reinterpretAsUInt32(" + hash(16) + ")", Kind.NUMBER),
                new Column("Int64", "reinterpretAsInt64(" + hash(17) + ")", Kind.NUMBER),
                new Column("UInt64", hash(18), Kind.NUMBER),
                new Column("Int128", wide.formatted("Int128"), Kind.NUMBER),
                new Column("UInt128", wide.formatted("UInt128"), Kind.NUMBER),
                new Column("Int256", wide.formatted("Int256"), Kind.NUMBER),
                new Column("UInt256", wide.formatted("UInt256"), Kind.NUMBER),
                new Column(
                        "Float32",
                        "if(number % 50 = 0, [nan, inf, -inf, 0, -0.0][intDiv(number, 50) % 5 + 1],"
                                + " reinterpretAsFloat32(toUInt32(" + hash(19) + " % 2139095040)))",
                        Kind.SINGLE),
                new Column(
                        "Float64",
                        "if(number % 50 = 0, [nan, inf, -inf, 0, -0.0][intDiv(number, 50) % 5 + 1],"
                                + " reinterpretAsFloat64(" + hash(20) + " % 9218868437227405312))",
                        Kind.DOUBLE),
                new Column("Decimal(9, 4)", "toDecimal32(toInt32(" + hash(21) + " % 100000) / 7, 4)", Kind.NUMBER),
                new Column(
                        "Decimal(38, 10)", "reinterpretAsInt64(" + hash(22) + ")::Decimal(38, 10) / 1000", Kind.NUMBER),
                new Column(
                        "Decimal(76, 20)",
                        "reinterpretAsInt64(" + hash(23) + ")::Decimal(76, 20) * reinterpretAsInt64(" + hash(24) + ")",
                        Kind.NUMBER),
                new Column("Date", "toDate(" + hash(25) + " % 60000)", Kind.WORD),
                new Column("Date32", "toDate32('1900-01-01') + " + hash(26) + " % 140000", Kind.WORD),
                new Column("DateTime('Asia/Tokyo')", "toDateTime(" + hash(27) + " % 4294967295)", Kind.MICROSECONDS),
                new Column(
                        "DateTime64(3, 'UTC')",
                        "fromUnixTimestamp64Milli(toInt64(" + hash(28) + " % 9000000000000) - 2000000000000, 'UTC')",
                        Kind.MICROSECONDS),
                new Column(
                        "DateTime64(6)",
                        "fromUnixTimestamp64Micro(toInt64(" + hash(29) + " % 9000000000000000) - 2000000000000000)",
                        Kind.MICROSECONDS),
                new Column(
                        "DateTime64(9)",
                        "fromUnixTimestamp64Nano(toInt64(" + hash(30) + " % 9000000000000000000))",
                        Kind.MICROSECONDS),
                new Column("UUID", "generateUUIDv4(number)", Kind.WORD),
                new Column("IPv4", "toIPv4(reinterpretAsUInt32(" + hash(31) + "))", Kind.ADDRESS),
                new Column(
                        "IPv6",
                        "if(number % 3 = 0, toIPv6('::ffff:1.2.3.4'), toIPv6(IPv6NumToString(toFixedString(concat("
                                + hash8(32) + "reinterpretAsString(" + hash(33) + ")), 16))))",
                        Kind.ADDRESS),
                new Column("Enum8('o\\'ne' = 1, 'two\\\\' = 2)", "number % 2 + 1", Kind.WORD),
                new Column("Enum16('' = 0, 'ünï' = 1000)", "if(number % 2 = 1, '', 'ünï')", Kind.WORD),
                new Column("String", text(40), Kind.WORD),
                new Column("LowCardinality(String)", "if(number % 2 = 0, 'low', '')", Kind.WORD),
                new Column("FixedString(3)", "['abc', 'x\\ty', '\"\\\\\\n'][number % 3 + 1]", Kind.WORD),
                new Column("Nullable(String)", "if(number % 3 = 0, NULL, " + text(41) + ")", Kind.WORD),
                new Column("LowCardinality(Nullable(String))", "if(number % 3 = 0, NULL, 'some')", Kind.WORD),
                new Column("Nullable(Int64)", "if(number % 3 = 0, NULL, number)", Kind.NUMBER),
                new Column("Nullable(DateTime64(6))", "if(number % 3 = 0, NULL, now64(6))", Kind.MICROSECONDS),
                new Column("Nullable(UUID)", "if(number % 3 = 0, NULL, generateUUIDv4(number))", Kind.WORD),
                new Column(
                        "Array(String)",
                        "arrayMap(x -> replaceAll(x, '\\0', ' '), [" + text(42) + ", ''])",
                        Kind.JSON_VALUE),
                new Column("Array(Nullable(UInt64))", "[number, NULL, " + hash(43) + "]", Kind.JSON_VALUE),
                new Column("Array(Array(Float64))", "[[number / 7], [], [nan]]", Kind.JSON_VALUE),
                new Column("Map(String, Int64)", "map('a\"\\\\', toInt64(number), '漢', -1)", Kind.JSON_VALUE),
                new Column(
                        "Tuple(x Int32, y Array(String))",
                        "(toInt32(number), ['\\n', toString(number)])",
                        Kind.JSON_VALUE),
                new Column("Variant(Int64, String)", "toInt64(number)::Variant(Int64, String)", Kind.JSON_VALUE),
                new Column(
                        "JSON",
                        "concat('{\"a\":{\"b\":', toString(number), '},\"c\":[1,\"x\\\\\\\\n\"]}')::JSON",
                        Kind.JSON_VALUE));
    }

    private static String hash8(int seed) {
        return "reinterpretAsString(" + hash(seed) + "), ";
    }

    private final Database database;
    private final Connections connections;
    private final HttpClient http = HttpClient.newHttpClient();

    RoundTripTest(Database database) {
        this.database = database;
        this.connections = database.connections();
    }

    @Test
    void everyValueOfEveryTypeArrives() throws Exception {
        List<Column> columns = columns();
        String table = "kinds_" + UUID.randomUUID().toString().substring(0, 8);
        createTable(table, columns);
        String schema = database.newSchema();
        Model model = new Model(table, new Relation.Table(table), "inserted_at", List.of(), List.of(), null);

        try (Source source = source();
                Destination destination = Database.open(database.configuration(schema))) {
            export(source, destination, model);
        }

        assertThat(database.column("SELECT count(*) FROM " + Identifier.qualify(schema, table)))
                .containsExactly(Integer.toString(ROWS));
        compare(table, schema, columns);
    }

    /// Anybody may send properties: whatever they hold, it must not keep the other rows of the interval from
    /// arriving.
    @Test
    void noPropertiesKeepTheirIntervalFromArriving() throws Exception {
        Random random = new Random(11);
        List<String> documents = new ArrayList<>(List.of(
                "",
                "null",
                "{\"a\":1}x",
                "[".repeat(1_000) + "]".repeat(1_000),
                "[".repeat(20_000) + "]".repeat(20_000),
                "{\"a\":1,\"a\":2}",
                "{\"\\u0000\":\"\\u0000\"}",
                "\"\\ud83d\\ude00 \\ud83d\"",
                "[0." + "0".repeat(17_000) + "1]",
                "[" + "9".repeat(400) + "]",
                "[1e400, 1e308, 1e-400, -0, -0.0, 1E-16383]",
                "[1e-16384]",
                "[1e-2147483648]",
                "\"" + "x".repeat(2_000_000) + "\""));
        while (documents.size() < 20_000) {
            String json = json(random, 4);
            documents.add(random.nextInt(3) == 0 ? damaged(random, json) : json);
        }
        String table = "awkward_" + UUID.randomUUID().toString().substring(0, 8);
        run("CREATE TABLE " + table + " (id UInt64, encoded String, properties String DEFAULT base64Decode(encoded),"
                + " a_properties Nullable(String) DEFAULT properties, list Array(String) DEFAULT [properties],"
                + " inserted_at DateTime64(6, 'UTC') DEFAULT '2026-11-01 10:30:00') ENGINE = MergeTree ORDER BY id");
        StringBuilder lines = new StringBuilder("INSERT INTO " + table + " (id, encoded) FORMAT TabSeparated\n");
        for (int id = 0; id < documents.size(); id++) {
            // One character is one byte here, so that bytes that are no text occur too.
            lines.append(id)
                    .append('\t')
                    .append(Base64.getEncoder().encodeToString(documents.get(id).getBytes(StandardCharsets.ISO_8859_1)))
                    .append('\n');
        }
        run(lines.toString());
        String schema = database.newSchema();

        try (Source source = source();
                Destination destination = Database.open(database.configuration(schema))) {
            export(
                    source,
                    destination,
                    new Model(table, new Relation.Table(table), "inserted_at", List.of(), List.of(), null));
        }

        String target = Identifier.qualify(schema, table);
        assertThat(database.query(
                        "SELECT count(*), count(DISTINCT id), count(properties), count(a_properties), count(list)"
                                + " FROM " + target))
                .containsExactly(Collections.nCopies(5, Integer.toString(documents.size())));
        assertThat(database.column("SELECT properties::text FROM " + target + " WHERE id IN (2, 5, 6, 11) ORDER BY id"))
                .containsExactly("\"{\\\"a\\\":1}x\"", "{\"a\": 2}", "{\"\ufffd\": \"\ufffd\"}", "\"[1e-16384]\"");
    }

    private static String json(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 6 : 4)) {
            case 0 -> string(random);
            case 1 ->
                (random.nextBoolean() ? "-" : "")
                        + random.nextInt(1_000)
                        + List.of("", ".5", ".000", "e5", "E-300", "e-0009999", "e+0007", "e308", ".1e-16382")
                                .get(random.nextInt(9));
            case 2 -> String.valueOf(random.nextBoolean());
            case 3 -> "null";
            case 4 ->
                IntStream.range(0, random.nextInt(4))
                        .mapToObj(index -> json(random, depth - 1))
                        .collect(Collectors.joining(",", "[", "\n]"));
            default ->
                IntStream.range(0, random.nextInt(4))
                        .mapToObj(index -> string(random) + ": " + json(random, depth - 1))
                        .collect(Collectors.joining(",", "{", "}"));
        };
    }

    private static String string(Random random) {
        List<String> parts = List.of(
                "\\u0000",
                "\\\\",
                "\\\"",
                "\\ud800",
                "\\udc00",
                "\\ud83d\\ude00",
                "u0000",
                "\\/",
                "\\n",
                "\u00c3\u00a9",
                "x",
                "e-99999",
                "1e-99999",
                "\\\\u0000",
                "\u00ff",
                "\0",
                "\u0001",
                "$",
                " ");
        return IntStream.range(0, random.nextInt(5))
                .mapToObj(index -> parts.get(random.nextInt(parts.size())))
                .collect(Collectors.joining("", "\"", "\""));
    }

    private static String damaged(Random random, String json) {
        int place = random.nextInt(json.length());
        return random.nextBoolean()
                ? json.substring(0, place) + json.substring(place + 1)
                : json.substring(0, place) + (char) random.nextInt(256) + json.substring(place);
    }

    private void createTable(String table, List<Column> columns) throws Exception {
        StringBuilder definitions = new StringBuilder();
        StringBuilder values = new StringBuilder();
        for (int index = 0; index < columns.size(); index++) {
            definitions
                    .append("c")
                    .append(index)
                    .append(' ')
                    .append(columns.get(index).type())
                    .append(", ");
            values.append(columns.get(index).value()).append(", ");
        }
        run("CREATE TABLE " + table + " (" + definitions
                + "properties String, inserted_at DateTime64(6, 'UTC')) ENGINE = MergeTree ORDER BY c0");
        run("INSERT INTO " + table + " SELECT " + values
                + "concat('{\"n\":', toString(number), ',\"t\":\"\\\\\\\\u0041\\\\\\\\\\\\\\\\u0000 \\\\\\\\n é\",\"l\":[1.50,-2e3,true,null]}'),"
                + " fromUnixTimestamp64Micro(1793527200000000 + intDiv(number * 3600000000, " + ROWS + "))"
                + " FROM numbers(" + ROWS + ")");
    }

    private Source source() {
        return ClickHouseSource.open(ClickHouseSettings.of(
                connections.clickhouseUrl(),
                connections.clickhouseUser(),
                new Secret(connections.clickhousePassword()),
                connections.clickhouseDatabase()));
    }

    static void export(Source source, Destination destination, Model model) throws InterruptedException {
        RowSelection selection = new RowSelection(model, 1, HOUR, List.of(), List.of(), List.of());
        UUID run = UUID.randomUUID();
        Plan plan = source.plan(
                selection,
                destination.encoding(),
                new SliceLimits(20 << 20, OptionalLong.empty(), SLICES),
                new QueryTag(run, "plan", 1));
        TransferContext context = new TransferContext(
                new RunKey(UUID.randomUUID(), run, 1, HOUR),
                model.name(),
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
            assertThat(transfer.commit(receipts)).isInstanceOf(CommitResult.Committed.class);
        }
    }

    private void compare(String table, String schema, List<Column> columns) throws Exception {
        List<Column> all = new ArrayList<>(columns);
        all.add(new Column("String", "", Kind.JSON_TEXT));
        List<String> names = new ArrayList<>();
        for (int index = 0; index < columns.size(); index++) {
            names.add("c" + index);
        }
        names.add("properties");
        StringBuilder clickhouse = new StringBuilder();
        StringBuilder postgres = new StringBuilder();
        for (int index = 0; index < all.size(); index++) {
            String separator = index == 0 ? "" : ", ";
            clickhouse.append(separator).append(all.get(index).kind().clickhouse.formatted(names.get(index)));
            postgres.append(separator).append(all.get(index).kind().postgres.formatted(names.get(index)));
        }
        try (BufferedReader expected = rows("SELECT " + clickhouse + " FROM " + table
                        + " ORDER BY c0 SETTINGS output_format_json_quote_64bit_integers = 0,"
                        + " output_format_json_quote_denormals = 1, output_format_json_named_tuples_as_objects = 1"
                        + " FORMAT JSONCompactEachRow");
                Connection connection = database.connect();
                Statement statement = fetching(connection);
                ResultSet found = statement.executeQuery(
                        "SELECT " + postgres + " FROM " + Identifier.qualify(schema, table) + " ORDER BY c0")) {
            int row = 0;
            for (String line = expected.readLine(); line != null; line = expected.readLine(), row++) {
                JsonNode values = JSON.readTree(line);
                assertThat(found.next()).isTrue();
                for (int column = 0; column < all.size(); column++) {
                    String value = found.getString(column + 1);
                    if (!all.get(column).kind().same(values.get(column), value)) {
                        fail(
                                "Row %d, column %s of type %s: %s became %s",
                                row, names.get(column), all.get(column).type(), values.get(column), value);
                    }
                }
            }
            assertThat(row).isEqualTo(ROWS);
        }
    }

    private static Statement fetching(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        Statement statement = connection.createStatement();
        statement.setFetchSize(5_000);
        return statement;
    }

    private void run(String sql) throws Exception {
        try (BufferedReader answer = rows(sql)) {
            assertThat(answer.lines().collect(Collectors.joining("\n"))).isEmpty();
        }
    }

    private BufferedReader rows(String sql) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(connections.clickhouseUrl() + "/?database=" + connections.clickhouseDatabase()))
                .header("X-ClickHouse-User", connections.clickhouseUser())
                .header("X-ClickHouse-Key", connections.clickhousePassword())
                .POST(BodyPublishers.ofString(sql))
                .build();
        java.net.http.HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
        BufferedReader reader = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        if (response.statusCode() != 200) {
            throw new IllegalStateException(reader.readLine());
        }
        return reader;
    }
}
