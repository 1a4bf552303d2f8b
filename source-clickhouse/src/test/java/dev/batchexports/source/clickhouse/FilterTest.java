package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.PropertyFilter.Operator;
import dev.batchexports.core.source.PropertyFilter.Target;
import dev.batchexports.core.source.PropertyFilter.Value;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.json.JsonMapper;

/// Which rows a filter on a property keeps: those of a table whose rows are numbered and differ in `properties`.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FilterTest {
    private static final List<String> PROPERTIES = List.of(
            "{\"v\":\"free\"}", // 0
            "{\"v\":\"Enterprise plan\"}", // 1
            "{\"v\":5}", // 2
            "{\"v\":5.0}", // 3
            "{\"v\":\"5\"}", // 4
            "{\"v\":10}", // 5
            "{\"v\":-0.5}", // 6
            "{\"v\":true}", // 7
            "{\"v\":false}", // 8
            "{\"v\":null}", // 9
            "{}", // 10
            "not json", // 11
            "", // 12
            "[1,2]", // 13
            "{\"v\":{\"x\":[1, 2]}}", // 14
            "{\"v\":\"\"}", // 15
            "{\"v\":9007199254740993}", // 16
            "{\"v\":9007199254740992}", // 17
            "{\"v\":1e22}", // 18
            "{\"v\":\"null\"}", // 19
            "{\"v\":\"MÜNCHEN \\u0041 \\\"x\\\"\"}", // 20
            "{\"v\":\"inf\"}"); // 21

    private static final Integer[] NOT_SET = {9, 10, 11, 12, 13};

    private final TestDatabase database = TestDatabase.create();

    @BeforeAll
    void insert() {
        database.run("CREATE TABLE t (id UInt32, event String, properties String, person_properties Nullable(String),"
                + " team_id Int64, inserted_at DateTime64(6, 'UTC')) ENGINE = MergeTree ORDER BY inserted_at");
        for (int row = 0; row < PROPERTIES.size(); row++) {
            database.run("INSERT INTO t SELECT " + row + ", 'e', unhex('" + hex(PROPERTIES.get(row))
                    + "'), if(" + row + " % 2 = 0, NULL, '{\"plan\":\"growth\"}'), 1,"
                    + " toDateTime64('2026-11-01 10:30:00', 6, 'UTC') + " + row);
        }
    }

    @AfterAll
    void close() {
        database.close();
    }

    static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    static RowSelection selection(PropertyFilter... filters) {
        return new RowSelection(
                TestDatabase.model("t"), 1, TestDatabase.HOUR, List.of(), List.of(), Arrays.asList(filters));
    }

    static PropertyFilter filter(Operator operator, Value... values) {
        return new PropertyFilter(Target.EVENT, "v", operator, Arrays.asList(values));
    }

    private static Value text(String text) {
        return new Value.Text(text);
    }

    private static Value number(String text) {
        return new Value.Numeric(text);
    }

    /// The numbers of the rows that pass; planning, counting, slices and streams agree on them.
    private List<Integer> rows(PropertyFilter... filters) {
        RowSelection selection = selection(filters);
        List<Integer> rows = ids(database.export(selection, TestDatabase.JSON_LINES));
        Plan plan = database.source()
                .plan(
                        selection,
                        TestDatabase.JSON_LINES,
                        new SliceLimits(40, OptionalLong.empty(), 5),
                        TestDatabase.tag());
        List<Integer> sliced = new ArrayList<>();
        for (Slice slice : plan.slices()) {
            sliced.addAll(ids(database.export(selection, slice, TestDatabase.JSON_LINES)));
        }
        assertThat(sliced).containsExactlyInAnyOrderElementsOf(rows);
        assertThat(plan.rows()).isEqualTo(rows.size());
        assertThat(database.source().count(selection, TestDatabase.tag())).isEqualTo(rows.size());
        return rows;
    }

    private static List<Integer> ids(TestDatabase.Content content) {
        return content.lines().stream()
                .map(line -> JsonMapper.shared().readTree(line).get("id").intValue())
                .toList();
    }

    private static Integer[] allBut(Integer... rows) {
        return IntStream.range(0, PROPERTIES.size())
                .boxed()
                .filter(row -> !Arrays.asList(rows).contains(row))
                .toArray(Integer[]::new);
    }

    @Test
    void exactComparesTextsNumbersAndTruth() {
        assertThat(rows(filter(Operator.EXACT, text("free")))).containsExactly(0);
        assertThat(rows(filter(Operator.EXACT, text("FREE")))).isEmpty();
        assertThat(rows(filter(Operator.EXACT, number("5")))).containsExactlyInAnyOrder(2, 3, 4);
        assertThat(rows(filter(Operator.EXACT, text("5")))).containsExactlyInAnyOrder(2, 3, 4);
        assertThat(rows(filter(Operator.EXACT, new Value.Truth(true)))).containsExactly(7);
        assertThat(rows(filter(Operator.EXACT, text("")))).containsExactly(15);
        assertThat(rows(filter(Operator.EXACT, text("null")))).containsExactly(19);
        assertThat(rows(filter(Operator.EXACT, text("MÜNCHEN A \"x\"")))).containsExactly(20);
        assertThat(rows(filter(Operator.EXACT, text("free"), number("10"), new Value.Truth(false))))
                .containsExactlyInAnyOrder(0, 5, 8);
    }

    @Test
    void greatWholeNumbersAreNotMixedUp() {
        assertThat(rows(filter(Operator.EXACT, number("9007199254740993")))).containsExactly(16);
        assertThat(rows(filter(Operator.EXACT, number("9007199254740992")))).containsExactly(17);
        assertThat(rows(filter(Operator.EXACT, number("10000000000000000000000"))))
                .containsExactly(18);
    }

    @Test
    void aRowWhosePropertyIsNotSetPassesTheNegativeOperatorsAlone() {
        assertThat(rows(filter(Operator.IS_SET))).containsExactlyInAnyOrder(allBut(NOT_SET));
        assertThat(rows(filter(Operator.IS_NOT_SET))).containsExactlyInAnyOrder(NOT_SET);
        assertThat(rows(filter(Operator.IS_NOT, text("free")))).containsExactlyInAnyOrder(allBut(0));
        assertThat(rows(filter(Operator.IS_NOT, text("free"), number("5"))))
                .containsExactlyInAnyOrder(allBut(0, 2, 3, 4));
        assertThat(rows(filter(Operator.NOT_ICONTAINS, text("PLAN")))).containsExactlyInAnyOrder(allBut(1));
        assertThat(rows(filter(Operator.NOT_REGEX, text(".")))).containsExactlyInAnyOrder(9, 10, 11, 12, 13, 15);
    }

    @Test
    void containsIgnoresCaseAndRegexDoesNot() {
        assertThat(rows(filter(Operator.ICONTAINS, text("PLAN")))).containsExactly(1);
        assertThat(rows(filter(Operator.ICONTAINS, text("münchen")))).containsExactly(20);
        assertThat(rows(filter(Operator.ICONTAINS, text("%")))).isEmpty();
        assertThat(rows(filter(Operator.ICONTAINS, text("\"x\":[1,2]")))).containsExactly(14);
        assertThat(rows(filter(Operator.REGEX, text("^E.*n$")))).containsExactly(1);
        assertThat(rows(filter(Operator.REGEX, text("^(?i)FREE$|^10$")))).containsExactlyInAnyOrder(0, 5);
    }

    @Test
    void comparisonsAreNumeric() {
        assertThat(rows(filter(Operator.GT, number("5")))).containsExactlyInAnyOrder(5, 16, 17, 18);
        assertThat(rows(filter(Operator.GTE, number("5.0")))).containsExactlyInAnyOrder(2, 3, 4, 5, 16, 17, 18);
        assertThat(rows(filter(Operator.LT, number("5")))).containsExactly(6);
        assertThat(rows(filter(Operator.LTE, number("5")))).containsExactlyInAnyOrder(2, 3, 4, 6);
    }

    @Test
    void allFiltersHoldAtOnceAndAPersonsPropertiesAreElsewhere() {
        PropertyFilter growth = new PropertyFilter(Target.PERSON, "plan", Operator.EXACT, List.of(text("growth")));

        assertThat(rows(growth, filter(Operator.GTE, number("5")))).containsExactlyInAnyOrder(3, 5, 17);
        assertThat(rows(new PropertyFilter(Target.PERSON, "plan", Operator.IS_NOT_SET, List.of())))
                .allMatch(row -> row % 2 == 0)
                .hasSize(PROPERTIES.size() / 2);
        assertThat(rows(filter(Operator.GT, number("5")), filter(Operator.LT, number("100"))))
                .containsExactly(5);
    }

    @Test
    void aFilterNeedsAColumnOfText() {
        database.run("CREATE TABLE numbers_only (properties UInt8, inserted_at DateTime) ENGINE = Memory");
        RowSelection selection = new RowSelection(
                TestDatabase.model("numbers_only"),
                1,
                TestDatabase.HOUR,
                List.of(),
                List.of(),
                List.of(filter(Operator.IS_SET)));

        assertThatThrownBy(() -> database.source().count(selection, TestDatabase.tag()))
                .isInstanceOfSatisfying(
                        ExportException.class,
                        failure -> assertThat(failure.code()).isEqualTo("NoPropertiesColumn"));
        assertThat(database.source().problems(selection, TestDatabase.tag()))
                .extracting(ModelProblem::pointer)
                .containsExactly("/filters/0");
    }

    @Test
    void aRegularExpressionIsCompiledByClickHouse() {
        RowSelection selection = selection(
                filter(Operator.REGEX, text("fine")),
                filter(Operator.REGEX, text("(")),
                filter(Operator.NOT_REGEX, text("(?=lookahead)")));

        List<ModelProblem> problems = database.source().problems(selection, TestDatabase.tag());

        assertThat(problems).extracting(ModelProblem::pointer).containsExactly("/filters/1/value", "/filters/2/value");
        assertThat(problems.getFirst().error().sentence()).contains("missing )");
        assertThat(database.source().problems(selection(filter(Operator.REGEX, text("a+"))), TestDatabase.tag()))
                .isEmpty();
    }

    @Test
    void aThousandLongEventNamesAreNotTooMany() {
        database.run("CREATE TABLE many (event String, inserted_at DateTime('UTC')) ENGINE = Memory");
        List<String> names = IntStream.range(0, 1_000)
                .mapToObj(number -> number + "é漢'\\\t".repeat(100).substring(0, 396))
                .toList();
        database.run("INSERT INTO many SELECT concat(toString(number), substringUTF8(repeat(unhex('" + hex("é漢'\\\t")
                + "'), 100), 1, 396)), toDateTime('2026-11-01 10:30:00', 'UTC') FROM numbers(1001)");
        RowSelection included =
                new RowSelection(TestDatabase.model("many"), 1, TestDatabase.HOUR, names, List.of(), List.of());
        RowSelection excluded =
                new RowSelection(TestDatabase.model("many"), 1, TestDatabase.HOUR, List.of(), names, List.of());

        assertThat(database.export(included, TestDatabase.PARQUET).rows()).isEqualTo(1_000);
        assertThat(database.source().count(included, TestDatabase.tag())).isEqualTo(1_000);
        assertThat(database.export(excluded, TestDatabase.JSON_LINES).lines())
                .singleElement()
                .satisfies(line -> assertThat(line).startsWith("{\"event\":\"1000"));
    }

    @Test
    void aPersonsTableIsFilteredByItsProperties() {
        database.run("CREATE TABLE persons_of_test (properties String, team_id Int64, inserted_at DateTime)"
                + " ENGINE = Memory");
        database.run("INSERT INTO persons_of_test VALUES ('{\"plan\":\"free\"}', 1, '2026-11-01 10:30:00')");
        RowSelection selection = new RowSelection(
                TestDatabase.model("persons_of_test"),
                1,
                TestDatabase.HOUR,
                List.of(),
                List.of(),
                List.of(new PropertyFilter(Target.PERSON, "plan", Operator.EXACT, List.of(text("free")))));

        assertThat(database.source().count(selection, TestDatabase.tag())).isEqualTo(1);
        assertThat(Model.persons().primaryKey()).contains("distinct_id");
    }
}
