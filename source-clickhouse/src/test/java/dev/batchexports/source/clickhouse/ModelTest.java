package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.SourceColumn;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Models that users describe: casts, keys, queries, what is found wrong with them, and their rows.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelTest {
    private final TestDatabase database = TestDatabase.create();

    @AfterAll
    void close() {
        database.close();
    }

    private static Model table(String table, List<Model.Column> columns, List<String> key, @Nullable String version) {
        return new Model("orders", new Relation.Table(table), "inserted_at", columns, key, version);
    }

    private static Model query(String sql) {
        return new Model("report", new Relation.Query(sql), "inserted_at", List.of(), List.of(), null);
    }

    private List<ModelProblem> problems(Model model) {
        return database.source().problems(TestDatabase.selection(model), TestDatabase.tag());
    }

    private void createOrders() {
        database.run("CREATE OR REPLACE TABLE orders (id UInt64, amount String, note Nullable(String), big Int64,"
                + " team_id Int64, inserted_at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id");
        database.run("INSERT INTO orders VALUES (1, '12.50', NULL, 7, 1, '2026-11-01 10:10:00'),"
                + " (2, '-3', 'it''s', 300, 1, '2026-11-01 10:20:00'), (3, '1', 'x', 1, 2, '2026-11-01 10:30:00')");
    }

    @Test
    void columnsAreRenamedDroppedAndCast() {
        createOrders();
        Model model = table(
                "orders",
                List.of(
                        new Model.Column("order", "id", "String"),
                        new Model.Column("price", "amount", "decimal(10, 2)"),
                        new Model.Column("note", "note", "LowCardinality(Nullable(String))"),
                        new Model.Column("landed", "inserted_at", "DateTime64(6, 'UTC')")),
                List.of("order"),
                "landed");

        assertThat(problems(model)).isEmpty();
        assertThat(database.source().columns(TestDatabase.selection(model), TestDatabase.tag()))
                .containsExactly(
                        new SourceColumn("order", "String"),
                        new SourceColumn("price", "Decimal(10, 2)"),
                        new SourceColumn("note", "LowCardinality(Nullable(String))"),
                        new SourceColumn("landed", "DateTime64(6, 'UTC')"));
        assertThat(database.export(TestDatabase.selection(model), TestDatabase.JSON_LINES)
                        .lines())
                .containsExactlyInAnyOrder(
                        "{\"order\":\"1\",\"price\":12.5,\"note\":null,\"landed\":\"2026-11-01T10:10:00.000000Z\"}",
                        "{\"order\":\"2\",\"price\":-3,\"note\":\"it's\",\"landed\":\"2026-11-01T10:20:00.000000Z\"}");
        assertThat(database.export(TestDatabase.selection(model), TestDatabase.PARQUET)
                        .rows())
                .isEqualTo(2);
        assertThat(database.export(TestDatabase.selection(model), TestDatabase.TAB_SEPARATED)
                        .lines())
                .contains("2\t-3\tit\\'s\t2026-11-01T10:20:00.000000Z");
    }

    @Test
    void aValueThatDoesNotFitItsCastFailsInsteadOfChanging() {
        createOrders();
        Model model = table("orders", List.of(new Model.Column("big", "big", "UInt8")), List.of(), null);

        assertThatThrownBy(() -> database.export(TestDatabase.selection(model), TestDatabase.JSON_LINES))
                .isInstanceOfSatisfying(ExportException.class, failure -> {
                    assertThat(failure.code()).isEqualTo("RowNotReadable");
                    assertThat(failure.kind()).isEqualTo(ErrorKind.USER);
                });
    }

    @Test
    void everythingThatIsWrongIsFoundAtItsPlace() {
        createOrders();
        Model model = new Model(
                "orders",
                new Relation.Table("orders"),
                "amount",
                List.of(
                        new Model.Column("a", "id"),
                        new Model.Column("b", "missing"),
                        new Model.Column("c", "id", "no_such_type"),
                        new Model.Column("d", "amount", "UInt8) ; DROP TABLE orders"),
                        new Model.Column("e", "note"),
                        new Model.Column("f", "id", "Array(UInt8)")),
                List.of("a", "e", "nowhere"),
                "b");

        assertThat(problems(model))
                .extracting(ModelProblem::pointer)
                .containsExactlyInAnyOrder(
                        "/model/landing_time_column",
                        "/model/columns/1/source",
                        "/model/columns/2/type",
                        "/model/columns/3/type",
                        "/model/columns/5/type",
                        "/model/primary_key/1",
                        "/model/primary_key/2");
        assertThat(problems(model)).allSatisfy(problem -> {
            assertThat(problem.error().kind()).isEqualTo(ErrorKind.USER);
            assertThat(problem.error().sentence()).isNotBlank();
            assertThat(problem.error().fix()).isNotBlank();
        });
        assertThat(problems(table("nowhere", List.of(), List.of(), null)))
                .extracting(ModelProblem::pointer)
                .containsExactly("/model/table");
        assertThat(problems(query("SELEC 1"))).extracting(ModelProblem::pointer).containsExactly("/model/query");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM system.tables",
                "SELECT * FROM `system`.`tables`",
                "SELECT * FROM INFORMATION_SCHEMA.tables",
                "SELECT 1 AS a WHERE 'x' IN (SELECT name FROM system.users)",
                "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
                "SELECT * FROM file('/etc/passwd', 'LineAsString')",
                "SELECT * FROM remote('127.0.0.1', 'default', 'events')",
                "SELECT * FROM merge('default', '.*')",
                "SELECT * FROM numbers(10)",
                "SELECT * FROM (EXPLAIN SELECT 1)",
                "WITH x AS (SELECT * FROM s3('http://127.0.0.1:1/x')) SELECT * FROM x",
                "SELECT * FROM orders JOIN clusterAllReplicas('default', 'system', 'one') AS x ON 1 = 1",
                "SELECT dictGet('d', 'a', 1) AS a",
                "SELECT DICTGETORDEFAULT('d', 'a', 1, 2) AS a",
                "SELECT joinGet('t', 'a', 1) AS a",
                "SELECT file('x') AS a",
                "SELECT sleepEachRow(3) AS a",
                "SELECT 1 AS a WHERE 1 IN orders",
                "SELECT 1 AS a WHERE 1 GLOBAL NOT IN system.users",
                "SELECT in(1, orders) AS a",
                "SELECT `a\n  Identifier b` IN orders AS a",
                "SELECT * FROM orders SETTINGS readonly = 0",
                "SELECT * FROM (SELECT * FROM orders SETTINGS max_execution_time = 0)",
                "SELECT * FROM orders FORMAT JSON",
                "SELECT * FROM orders INTO OUTFILE '/tmp/x'",
                "SELECT 1 AS inserted_at) UNION ALL SELECT * FROM (SELECT * FROM orders",
                "SELECT * FROM orders) AS x, (SELECT 1",
                "SELECT 1) ; DROP TABLE orders --",
                "graph = 1 SELECT 1",
                "INSERT INTO orders SELECT * FROM orders",
                "DROP TABLE orders",
                "SHOW TABLES",
                "SELECT 1 /*"
            })
    void aQueryReadsTablesAndNothingElse(String sql) {
        createOrders();

        assertThat(problems(query(sql))).singleElement().satisfies(problem -> {
            assertThat(problem.pointer()).isEqualTo("/model/query");
            assertThat(problem.error().code()).isIn("QueryNotAllowed", "SyntaxError", "InvalidQuery");
        });
        assertThatThrownBy(() -> database.source().count(TestDatabase.selection(query(sql)), TestDatabase.tag()))
                .isInstanceOf(ExportException.class);
        assertThat(database.run("SELECT count() FROM orders").strip()).isEqualTo("3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM orders",
                "SELECT id, 'SETTINGS a = 1 FROM system.tables' AS note, inserted_at, team_id FROM orders -- end",
                "WITH x AS (SELECT * FROM orders WHERE id IN (1, 2)) SELECT x.* FROM x JOIN orders AS y USING (id);",
                "SELECT id, inserted_at FROM orders WHERE id IN (SELECT id FROM orders) AND team_id = 1",
                "SELECT sum(big) OVER (PARTITION BY note ORDER BY id) AS total, inserted_at, team_id FROM orders"
                        + " UNION ALL SELECT 1, inserted_at, team_id FROM orders LIMIT 0",
                "SELECT arrayJoin(arrayFilter(x -> x > 0, [1, 2])) AS a, inserted_at FROM orders WHERE"
                        + " inserted_at >= {interval_start} AND inserted_at < {interval_end} AND (id, big) IN ((1, 7))",
                "(SELECT id, `inserted_at` FROM orders WHERE note IS NULL)"
            })
    void anOrdinaryQueryIsAllowedAndBoundToItsProject(String sql) {
        createOrders();
        Model model = query(sql);

        assertThat(problems(model)).isEmpty();
        assertThat(database.source().count(TestDatabase.selection(model), TestDatabase.tag()))
                .isBetween(1L, 2L);
    }

    @Test
    void aQueryRunsAsItsOwnUserWithItsOwnBounds() throws IOException {
        BlockingQueue<String> requests = new LinkedBlockingQueue<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + exchange.getRequestURI().getRawQuery());
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        });
        server.start();
        try (ClickHouseSource source = ClickHouseSource.open(ClickHouseSettings.of(
                        "http://127.0.0.1:" + server.getAddress().getPort(), "reader", new Secret("one"), "default")
                .withUserQueries(new UserQueries("guest", new Secret("two"), "SQL_project_id")))) {
            for (Model model : List.of(query("SELECT 1 AS a"), Model.events())) {
                assertThatThrownBy(() -> source.count(TestDatabase.selection(model), TestDatabase.tag()))
                        .isInstanceOf(ExportException.class);
            }
        } finally {
            server.stop(0);
        }

        assertThat(requests.poll())
                .startsWith("Basic Z3Vlc3Q6dHdv ")
                .contains("&readonly=1&", "SQL_project_id=1", "max_execution_time=3600", "max_memory_usage=");
        assertThat(requests.poll())
                .startsWith("Basic cmVhZGVyOm9uZQ== ")
                .contains("readonly=2")
                .doesNotContain("SQL_project_id");
    }

    @Test
    void aColumnThatHasComeSinceThePlanIsLeftOutAndTheSlicesStayTheSame() {
        database.run("CREATE OR REPLACE TABLE growing (a UInt32, inserted_at DateTime('UTC')) ENGINE = MergeTree"
                + " ORDER BY a");
        database.run("INSERT INTO growing SELECT number, toDateTime('2026-11-01 10:30:00', 'UTC') FROM numbers(1000)");
        RowSelection selection = TestDatabase.selection(TestDatabase.model("growing"));
        Plan plan = database.source()
                .plan(
                        selection,
                        TestDatabase.JSON_LINES,
                        new SliceLimits(2_000, OptionalLong.empty(), 100),
                        TestDatabase.tag());
        assertThat(plan.slices()).hasSizeGreaterThan(2).allMatch(slice -> slice.buckets() > 1);

        database.run("ALTER TABLE growing ADD COLUMN b String DEFAULT toString(a)");

        long rows = 0;
        for (Slice slice : plan.slices()) {
            TestDatabase.Content content = TestDatabase.read(database.source()
                    .open(selection, plan.columns(), slice, TestDatabase.JSON_LINES, TestDatabase.tag()));
            assertThat(content.rows()).isEqualTo(slice.rows());
            assertThat(content.text()).doesNotContain("\"b\"");
            rows += content.rows();
        }
        assertThat(rows).isEqualTo(1_000);
    }

    @Test
    void aColumnThatIsGoneOrOfAnotherTypeSinceThePlanFailsTheSlice() {
        database.run("CREATE OR REPLACE TABLE changing (a UInt32, b UInt8, inserted_at DateTime('UTC'))"
                + " ENGINE = MergeTree ORDER BY tuple()");
        RowSelection selection = TestDatabase.selection(TestDatabase.model("changing"));
        List<SourceColumn> planned = database.source().columns(selection, TestDatabase.tag());

        database.run("ALTER TABLE changing MODIFY COLUMN b String");
        assertThat(openFails(selection, planned).sentence()).contains("b", "UInt8", "String");
        database.run("ALTER TABLE changing DROP COLUMN b");
        assertThat(openFails(selection, planned).sentence()).contains("b", "does not exist");
    }

    private ExportException openFails(RowSelection selection, List<SourceColumn> planned) {
        ExportException failure = catchThrowableOfType(
                ExportException.class,
                () -> database.source()
                        .open(
                                selection,
                                planned,
                                TestDatabase.whole(TestDatabase.HOUR),
                                TestDatabase.JSON_LINES,
                                TestDatabase.tag())
                        .close());
        assertThat(failure.code()).isEqualTo("ColumnsChanged");
        assertThat(failure.kind()).isEqualTo(ErrorKind.USER);
        assertThat(failure.fix()).contains("Retry");
        return failure;
    }

    @Test
    void aPreviewShowsTheLatestRowsWithinASmallSize() {
        createOrders();
        Interval quiet = new Interval(Instant.parse("2026-11-02T10:00:00Z"), Instant.parse("2026-11-02T11:00:00Z"));
        RowSelection selection = TestDatabase.selection(TestDatabase.model("orders"), quiet);

        Preview preview = database.source().preview(selection, 10, TestDatabase.tag());

        assertThat(preview.rows()).hasSize(2).allSatisfy(row -> assertThat(row).startsWith("{\"id\":"));
        assertThat(preview.interval().end()).isEqualTo(quiet.end());
        assertThat(preview.interval().start()).isEqualTo(quiet.end().minus(30, ChronoUnit.DAYS));
        assertThat(preview.columns()).contains(new SourceColumn("amount", "String"));

        database.run("CREATE OR REPLACE TABLE wide (text String, inserted_at DateTime) ENGINE = Memory");
        database.run("INSERT INTO wide SELECT repeat('x', 300000), '2026-11-01 10:30:00' FROM numbers(20)");
        Preview wide =
                database.source().preview(TestDatabase.selection(TestDatabase.model("wide")), 10, TestDatabase.tag());
        assertThat(wide.rows()).hasSize(3).allSatisfy(row -> assertThat(row).endsWith("}"));
        assertThat(wide.completeness()).isEqualTo(Preview.Completeness.CUT);
    }

    @Test
    void adviceComparesTheRowsReadWithTheRowsSelected() {
        database.run("CREATE TABLE by_name (id UInt64, team_id Int64, inserted_at DateTime64(6, 'UTC'))"
                + " ENGINE = MergeTree ORDER BY (team_id, id)");
        database.run("CREATE TABLE by_landing (id UInt64, team_id Int64, inserted_at DateTime64(6, 'UTC'))"
                + " ENGINE = MergeTree ORDER BY (team_id, inserted_at)");
        String rows = " SELECT cityHash64(number), 1, toDateTime64('2026-11-01 00:00:00', 6, 'UTC')"
                + " + toIntervalSecond(intDiv(number, 10)) FROM numbers(2000000)";
        database.run("INSERT INTO by_name" + rows);
        database.run("INSERT INTO by_landing" + rows);
        Interval minute = new Interval(
                TestDatabase.HOUR.start(), TestDatabase.HOUR.start().plusSeconds(60));

        ReadAdvice scans = database.source()
                .readAdvice(TestDatabase.selection(TestDatabase.model("by_name"), minute), TestDatabase.tag());
        ReadAdvice good = database.source()
                .readAdvice(TestDatabase.selection(TestDatabase.model("by_landing"), minute), TestDatabase.tag());

        assertThat(scans.rowsSelected()).isEqualTo(600).isEqualTo(good.rowsSelected());
        assertThat(scans.rowsRead()).isGreaterThan(1_900_000);
        assertThat(scans.verdict()).isEqualTo(ReadAdvice.Verdict.SCANS);
        assertThat(scans.fix()).contains("ORDER BY (`team_id`, `inserted_at`", "`by_name`");
        assertThat(good.rowsRead()).isLessThan(50_000);
        assertThat(good.verdict()).isEqualTo(ReadAdvice.Verdict.GOOD);
        assertThat(good.fix()).isEmpty();
    }
}
