package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.RowSelection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which rows a model, a project and its filters mean, and what is said when they mean none.
class SelectionTest {
    private final TestDatabase database = TestDatabase.create();

    @AfterEach
    void close() {
        database.close();
    }

    private long rows(RowSelection selection) {
        long rows = database.export(selection, TestDatabase.JSON_LINES).rows();
        assertThat(database.source().count(selection, TestDatabase.tag())).isEqualTo(rows);
        return rows;
    }

    private static Consumer<Throwable> userError(String code, String... words) {
        return thrown -> assertThat(thrown).isInstanceOfSatisfying(ExportException.class, failure -> {
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure.kind()).isEqualTo(ErrorKind.USER);
            assertThat(failure.sentence()).isNotBlank().satisfies(sentence -> {
                for (String word : words) {
                    assertThat(sentence).contains(word);
                }
            });
            assertThat(failure.fix()).isNotBlank();
        });
    }

    private void assertRefused(RowSelection selection, Consumer<Throwable> requirement) {
        assertThatThrownBy(() -> database.export(selection, TestDatabase.JSON_LINES))
                .satisfies(requirement);
    }

    private static RowSelection events(long project, List<String> include, List<String> exclude) {
        return new RowSelection(Model.events(), project, TestDatabase.HOUR, include, exclude, List.of());
    }

    @Test
    void aProjectSeesOnlyItsRows() {
        database.createEvents();
        database.insertEvents(30);
        database.run("INSERT INTO events SELECT * REPLACE (2 AS team_id) FROM events LIMIT 7");

        assertThat(rows(events(1, List.of(), List.of()))).isEqualTo(30);
        assertThat(rows(events(2, List.of(), List.of()))).isEqualTo(7);
        assertThat(rows(events(-9_223_372_036_854_775_808L, List.of(), List.of())))
                .isZero();
    }

    @Test
    void aTableWithoutProjectsBelongsToEveryProject() {
        database.run("CREATE TABLE t (inserted_at DateTime) ENGINE = MergeTree ORDER BY tuple()");
        database.run("INSERT INTO t VALUES ('2026-11-01 10:30:00')");

        assertThat(rows(TestDatabase.selection(TestDatabase.model("t")))).isEqualTo(1);
    }

    @Test
    void aProjectColumnThatIsNoNumberIsRefused() {
        database.run("CREATE TABLE t (team_id String, inserted_at DateTime) ENGINE = MergeTree ORDER BY tuple()");

        assertRefused(TestDatabase.selection(TestDatabase.model("t")), userError("BadTenantColumn", "String"));
    }

    @Test
    void eventsAreIncludedAndExcludedByName() {
        database.createEvents();
        database.insertEvents(30);
        String strange = "it's \\ a \"tab\"\t, [line]\nend\r\0 `é` {x:String}";
        database.run("INSERT INTO events SELECT * REPLACE ("
                + "'it\\'s \\\\ a \"tab\"\\t, [line]\\nend\\r\\0 `é` {x:String}' AS event) FROM events LIMIT 3");

        assertThat(rows(events(1, List.of("click"), List.of()))).isEqualTo(10);
        assertThat(rows(events(1, List.of("click", "$pageview"), List.of()))).isEqualTo(20);
        assertThat(rows(events(1, List.of(), List.of("click")))).isEqualTo(23);
        assertThat(rows(events(1, List.of("click", "$pageview"), List.of("click"))))
                .isEqualTo(10);
        assertThat(rows(events(1, List.of(strange), List.of()))).isEqualTo(3);
        assertThat(rows(events(1, List.of(), List.of(strange)))).isEqualTo(30);
        assertThat(rows(events(1, List.of("no such event"), List.of()))).isZero();
    }

    @Test
    void anEventThatIsNullIsNoneOfTheExcluded() {
        database.run(
                "CREATE TABLE t (event Nullable(String), inserted_at DateTime) ENGINE = MergeTree ORDER BY tuple()");
        database.run("INSERT INTO t VALUES (NULL, '2026-11-01 10:30:00'), ('a', '2026-11-01 10:30:00')");

        assertThat(rows(new RowSelection(
                        TestDatabase.model("t"), 1, TestDatabase.HOUR, List.of(), List.of("a"), List.of())))
                .isEqualTo(1);
    }

    @Test
    void eventFiltersNeedAnEventColumn() {
        database.run("CREATE TABLE t (inserted_at DateTime) ENGINE = MergeTree ORDER BY tuple()");

        assertRefused(
                new RowSelection(TestDatabase.model("t"), 1, TestDatabase.HOUR, List.of("a"), List.of(), List.of()),
                userError("NoEventColumn", "model"));
    }

    @Test
    void aMissingTableIsNamed() {
        assertRefused(TestDatabase.selection(TestDatabase.model("nowhere")), userError("UnknownTable", "nowhere"));
        assertRefused(
                TestDatabase.selection(TestDatabase.model("no_database.t")),
                userError("UnknownDatabase", "no_database"));
    }

    @Test
    void aMissingColumnIsNamedAndTheOthersAreListed() {
        database.run("CREATE TABLE t (a Int8, inserted_at DateTime) ENGINE = MergeTree ORDER BY tuple()");
        Model model = new Model(
                "orders",
                new Relation.Table("t"),
                "inserted_at",
                List.of(new Model.Column("b", "missing")),
                List.of(),
                null);

        assertRefused(TestDatabase.selection(model), userError("UnknownColumn", "orders", "missing"));
        assertThatThrownBy(() -> rows(TestDatabase.selection(TestDatabase.model("t", "landed"))))
                .satisfies(userError("UnknownColumn", "landed"))
                .isInstanceOfSatisfying(
                        ExportException.class,
                        failure -> assertThat(failure.fix()).contains("a, inserted_at"));
    }

    @Test
    void aColumnIsNamedOnce() {
        database.run("CREATE TABLE t (a Int8, inserted_at DateTime) ENGINE = MergeTree ORDER BY tuple()");
        Model.Column column = new Model.Column("a", "a");
        Model model =
                new Model("orders", new Relation.Table("t"), "inserted_at", List.of(column, column), List.of(), null);

        assertRefused(TestDatabase.selection(model), userError("DuplicateColumn", "a"));
    }

    @Test
    void theLandingTimeIsATimeThatEveryRowHas() {
        for (String type : List.of("Date", "String", "Nullable(DateTime)", "UInt32")) {
            database.run("CREATE OR REPLACE TABLE t (inserted_at " + type + ") ENGINE = MergeTree ORDER BY tuple()");

            assertRefused(TestDatabase.selection(TestDatabase.model("t")), userError("BadLandingTimeColumn", type));
        }
    }

    @Test
    void aTypeThatParquetLacksIsRefused() {
        database.run("CREATE TABLE t (i IntervalDay, inserted_at DateTime) ENGINE = MergeTree ORDER BY tuple()");
        database.run("INSERT INTO t SELECT toIntervalDay(3), '2026-11-01 10:30:00'");

        assertThatThrownBy(() -> database.export(TestDatabase.selection(TestDatabase.model("t")), TestDatabase.PARQUET))
                .satisfies(userError("UnsupportedType"));
    }

    @Test
    void aTableIsFoundInAnotherDatabase() {
        try (TestDatabase other = TestDatabase.create()) {
            other.createEvents();
            other.insertEvents(5);
            String name = other.settings().database();

            assertThat(rows(TestDatabase.selection(TestDatabase.model(name + ".events"))))
                    .isEqualTo(5);
        }
    }

    private static Model query(String sql) {
        return new Model("report", new Relation.Query(sql), "landed", List.of(), List.of(), null);
    }

    @Test
    void aQueryIsExportedLikeATable() {
        database.createEvents();
        database.insertEvents(60);
        Model model = query("""
                -- one row for each event name; a semicolon and a comment do no harm
                SELECT event, count() AS number, max(inserted_at) AS landed
                FROM events WHERE inserted_at >= {interval_start} AND inserted_at < {interval_end}
                GROUP BY event;
                """);

        assertThat(database.export(TestDatabase.selection(model), TestDatabase.JSON_LINES)
                        .lines())
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).contains("\"number\":20,\"landed\":\"2026-11-01T10:"));
    }

    @Test
    void aQueriesPlaceholdersAreTheBoundsOfTheRun() {
        Interval interval =
                new Interval(Instant.parse("2026-11-01T10:00:00.000001Z"), Instant.parse("2026-11-01T11:00:00Z"));
        Model model = query("SELECT {interval_start} AS s, {interval_end} AS e,"
                + " {interval_start} AS landed -- no line break follows");

        assertThat(database.export(TestDatabase.selection(model, interval), TestDatabase.JSON_LINES)
                        .text())
                .isEqualTo("{\"s\":\"2026-11-01T10:00:00.000001Z\",\"e\":\"2026-11-01T11:00:00.000000Z\","
                        + "\"landed\":\"2026-11-01T10:00:00.000001Z\"}\n");
    }

    @Test
    void aQueryMayChangeNothing() {
        database.run("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a");
        RowSelection selection = TestDatabase.selection(query("SELECT 1) ; INSERT INTO t VALUES (1"));

        assertThatThrownBy(() -> rows(selection)).satisfies(userError("SyntaxError"));
        assertThat(database.run("SELECT count() FROM t").strip()).isEqualTo("0");
    }

    @Test
    void aQueryThatIsWrongIsExplained() {
        assertRefused(TestDatabase.selection(query("SELEC 1")), userError("SyntaxError"));
        assertRefused(
                TestDatabase.selection(query("SELECT nosuchfunction(1) AS landed")), userError("UnknownFunction"));
        assertRefused(
                TestDatabase.selection(query("SELECT now() AS landed, nope FROM (SELECT 1 AS one)")),
                userError("UnknownColumn", "nope"));
    }

    @Test
    void aWrongPasswordIsRefusedWithoutShowingIt() {
        ClickHouseSettings settings = database.settings();
        try (ClickHouseSource source = ClickHouseSource.open(
                ClickHouseSettings.of(settings.url().toString(), "default", new Secret("canary-4711"), "default"))) {
            assertThatThrownBy(source::check)
                    .satisfies(userError("AuthenticationFailed"))
                    .satisfies(failure -> assertThat(failure.toString()).doesNotContain("canary-4711"));
        }
    }

    @Test
    void aDatabaseThatIsMissingIsNamed() {
        ClickHouseSettings settings = database.settings();
        try (ClickHouseSource source = ClickHouseSource.open(
                ClickHouseSettings.of(settings.url().toString(), settings.user(), settings.password(), "nope"))) {
            assertThatThrownBy(source::check).satisfies(userError("UnknownDatabase", "nope"));
        }
    }

    @Test
    void anUnknownExtraSettingIsNamed() {
        try (ClickHouseSource source =
                ClickHouseSource.open(database.settings().withExtraSettings(Map.of("no_such_setting", "1")))) {
            assertThatThrownBy(() -> source.count(events(1, List.of(), List.of()), TestDatabase.tag()))
                    .satisfies(userError("UnsupportedServer", "no_such_setting"));
        }
    }

    @Test
    void checkTellsTheVersion() {
        assertThat(database.source().check()).matches("\\d+\\.\\d+.*");
    }

    @Test
    void whatIsNotClickHouseIsNotTakenForIt() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try (ClickHouseSource source = ClickHouseSource.open(ClickHouseSettings.of(
                "http://127.0.0.1:" + server.getAddress().getPort(), "default", new Secret(""), "default"))) {
            assertThatThrownBy(source::check).satisfies(userError("NotClickHouse", "404"));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void everyEncodingRefusesTheSame() {
        for (Encoding encoding : List.of(TestDatabase.JSON_LINES, TestDatabase.PARQUET, TestDatabase.TAB_SEPARATED)) {
            assertThatThrownBy(() -> database.export(TestDatabase.selection(TestDatabase.model("nowhere")), encoding))
                    .satisfies(userError("UnknownTable", "nowhere"));
        }
    }
}
