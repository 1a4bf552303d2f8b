package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.PropertyFilter.Operator;
import dev.batchexports.core.source.PropertyFilter.Target;
import dev.batchexports.core.source.PropertyFilter.Value;
import dev.batchexports.core.source.RowSelection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/// Whatever a user of project 1 puts into a model and its filters, no row of project 2 comes out.
class TenantIsolationTest {
    private static final String THEIRS = "row-of-another-project";
    private static final int OWN_ROWS = 5;

    private static @Nullable TestDatabase shared;
    private static int answered;

    @BeforeContainer
    static void create() {
        shared = TestDatabase.create();
        database().createEvents();
        database().insertEvents(OWN_ROWS);
        // As many rows again of projects 2 and -1, each text of which would give it away.
        for (int project : List.of(2, -1)) {
            database().run("""
                    INSERT INTO events SELECT uuid, '%1$s', '%1$s', person_id, '{"plan": "%1$s", "%1$s": 1}',
                        '{"plan": "%1$s"}', '%1$s', timestamp, created_at, %2$d, inserted_at
                    FROM events WHERE team_id = 1
                    """.formatted(THEIRS, project));
        }
    }

    @AfterContainer
    static void close() {
        database().close();
        assertThat(answered)
                .as("selections that were answered rather than refused")
                .isGreaterThan(20);
    }

    private static TestDatabase database() {
        return Objects.requireNonNull(shared);
    }

    /// What a selection gives: nothing when it is refused.
    private static List<String> rows(RowSelection selection) {
        try {
            long count = database().source().count(selection, TestDatabase.tag());
            List<String> rows = new ArrayList<>(
                    database().export(selection, TestDatabase.JSON_LINES).lines());
            assertThat(rows).hasSize((int) count);
            rows.addAll(database()
                    .source()
                    .preview(selection, 10, TestDatabase.tag())
                    .rows());
            answered++;
            return rows;
        } catch (ExportException refused) {
            assertThat(refused.sentence()).doesNotContain(THEIRS);
            return List.of();
        }
    }

    private static void assertOwnAlone(RowSelection selection) {
        assertThat(rows(selection)).hasSizeLessThanOrEqualTo(2 * OWN_ROWS).noneMatch(row -> row.contains(THEIRS));
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void noModelReachesAnotherProject(@ForAll("models") Model model) {
        assertOwnAlone(new RowSelection(model, 1, TestDatabase.HOUR, List.of(), List.of(), List.of()));
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void noFilterReachesAnotherProject(
            @ForAll("filters") List<PropertyFilter> filters,
            @ForAll("eventNames") List<String> include,
            @ForAll("eventNames") List<String> exclude) {
        assertOwnAlone(new RowSelection(Model.events(), 1, TestDatabase.HOUR, include, exclude, filters));
    }

    /// Columns may be called like the one that tells the project: the condition means the table's own.
    @Example
    void aColumnThatIsRenamedToThatOfTheProjectChangesNothing() {
        for (List<Model.Column> columns : List.of(
                List.of(new Model.Column("team_id", "event"), new Model.Column("event", "team_id")),
                List.of(new Model.Column("team_id", "team_id", "String")),
                List.of(new Model.Column("x", "team_id"), new Model.Column("team_id", "elements_chain")),
                List.of(new Model.Column("inserted_at", "created_at"), new Model.Column("d", "distinct_id")))) {
            List<String> rows = rows(TestDatabase.selection(
                    new Model("m", new Relation.Table("events"), "inserted_at", columns, List.of(), null)));

            assertThat(rows).hasSize(2 * OWN_ROWS).noneMatch(row -> row.contains(THEIRS));
        }
    }

    /// A query's memory is bounded by the operator's setting, which the query cannot change.
    @Example
    void aQueryThatTakesTooMuchMemoryFails() {
        try (ClickHouseSource small =
                ClickHouseSource.open(database().settings().withQueryLimits(2, 64L << 20, 0))) {
            for (String settings : List.of("", " SETTINGS max_memory_usage = 0")) {
                Model model = new Model(
                        "greedy",
                        new Relation.Query("SELECT toDateTime('2026-11-01 10:30:00', 'UTC') AS inserted_at,"
                                + " length(groupArray(arrayJoin(range(30000000)))) AS n" + settings),
                        "inserted_at",
                        List.of(),
                        List.of(),
                        null);

                ExportException failure = catchThrowableOfType(
                        ExportException.class,
                        () -> TestDatabase.read(database()
                                .open(
                                        small,
                                        TestDatabase.selection(model),
                                        TestDatabase.whole(TestDatabase.HOUR),
                                        TestDatabase.JSON_LINES,
                                        TestDatabase.tag())));

                assertThat(failure.code()).isEqualTo(settings.isEmpty() ? "MemoryLimit" : "QueryNotAllowed");
            }
        }
    }

    @Provide
    Arbitrary<Model> models() {
        Arbitrary<String> sources =
                Arbitraries.of("event", "distinct_id", "properties", "team_id", "inserted_at", "uuid", "created_at");
        Arbitrary<String> names = Arbitraries.oneOf(
                sources, Arbitraries.of("1 OR 1", "`team_id`", "team_id` OR 1=1 --", "a.b", "*", "FROM", "\\", "`"));
        Arbitrary<@Nullable String> types = Arbitraries.of(
                        "String",
                        "Nullable(String)",
                        "LowCardinality(String)",
                        "String) FROM events --",
                        "String'), (SELECT any(event) FROM events WHERE team_id = 2",
                        "Enum8('a' = 1)",
                        "AggregateFunction(any, String)")
                .injectNull(0.7);
        Arbitrary<Model.Column> column =
                Combinators.combine(names, sources, types).as(Model.Column::new);
        Arbitrary<String> tables = Arbitraries.frequencyOf(
                Tuple.of(5, Arbitraries.just("events")),
                Tuple.of(
                        2,
                        Arbitraries.of(
                                "events --",
                                "events WHERE 1 = 1 --",
                                "`events`",
                                "events` WHERE 1 --",
                                "(SELECT * FROM events)",
                                "events, events AS x",
                                "merge('', 'events')",
                                "events\\` --",
                                "events\0",
                                "events FINAL",
                                "events SAMPLE 1")));
        Arbitrary<String> landing = Arbitraries.of(
                "inserted_at", "timestamp", "created_at", "inserted_at OR 1", "inserted_at` >= 0 OR `inserted_at");
        return Combinators.combine(tables, landing, column.list().ofMaxSize(4))
                .as((table, time, columns) ->
                        new Model("m", new Relation.Table(table), time, withoutDoubles(columns), List.of(), null));
    }

    private static List<Model.Column> withoutDoubles(List<Model.Column> columns) {
        Set<String> names = new HashSet<>();
        return columns.stream().filter(column -> names.add(column.name())).toList();
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.of(
                        "') OR 1 = 1 --",
                        "' OR team_id = 2 OR '' = '",
                        "\\') OR (1 = 1",
                        "\\",
                        "'",
                        "plan",
                        "team_id",
                        THEIRS,
                        "$.plan",
                        "plan\0x",
                        "{tenant:Int64}",
                        "} OR 1 {",
                        ".*",
                        "(?s).*",
                        "%",
                        "",
                        "x' UNION ALL SELECT * FROM events --",
                        "\n) OR (1",
                        "/*"),
                Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(10),
                Arbitraries.strings().withCharRange('\0', '\u2fff').ofMaxLength(6));
    }

    @Provide
    Arbitrary<List<PropertyFilter>> filters() {
        Arbitrary<PropertyFilter> filter = Combinators.combine(
                        Arbitraries.of(Target.values()),
                        texts().filter(text -> !text.isEmpty()),
                        Arbitraries.of(
                                Operator.EXACT,
                                Operator.IS_NOT,
                                Operator.ICONTAINS,
                                Operator.NOT_ICONTAINS,
                                Operator.REGEX,
                                Operator.NOT_REGEX,
                                Operator.IS_NOT_SET),
                        texts())
                .as((target, key, operator, text) -> new PropertyFilter(
                        target,
                        key,
                        operator,
                        operator == Operator.IS_NOT_SET ? List.of() : List.of(new Value.Text(text))));
        return filter.list().ofMinSize(1).ofMaxSize(3);
    }

    @Provide
    Arbitrary<List<String>> eventNames() {
        return texts().list().ofMaxSize(2);
    }
}
