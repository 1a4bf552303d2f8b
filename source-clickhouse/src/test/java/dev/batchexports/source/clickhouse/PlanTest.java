package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.SourceColumn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How an interval is cut into slices.
class PlanTest {
    private static final RowSelection EVENTS = TestDatabase.selection(Model.events());
    private static final int MANY = 100_000;

    private final TestDatabase database = TestDatabase.create();

    @AfterEach
    void close() {
        database.close();
    }

    private static SliceLimits slicesOf(long bytes) {
        return new SliceLimits(bytes, OptionalLong.empty(), MANY);
    }

    private Plan plan(RowSelection selection, SliceLimits limits) {
        return database.source().plan(selection, TestDatabase.JSON_LINES, limits, TestDatabase.tag());
    }

    /// Exports all slices of a plan and compares each with what was planned.
    private List<String> export(RowSelection selection, Plan plan) {
        List<String> lines = new ArrayList<>();
        for (Slice slice : plan.slices()) {
            TestDatabase.Content content = database.export(selection, slice, TestDatabase.JSON_LINES);
            assertThat(content.rows()).as("%s", slice).isEqualTo(slice.rows());
            assertThat(database.source().count(selection, plan.columns(), slice, TestDatabase.tag()))
                    .isEqualTo(slice.rows());
            lines.addAll(content.lines());
        }
        return lines;
    }

    @Test
    void anEmptyIntervalHasColumnsAndNoSlice() {
        database.createEvents();

        Plan plan = plan(EVENTS, slicesOf(1_000_000));

        assertThat(plan.rows()).isZero();
        assertThat(plan.slices()).isEmpty();
        assertThat(plan.columns())
                .hasSize(11)
                .contains(
                        new SourceColumn("uuid", "UUID"),
                        new SourceColumn("event", "LowCardinality(String)"),
                        new SourceColumn("inserted_at", "DateTime64(6, 'UTC')"));
    }

    @Test
    void whatFitsIntoOneSliceIsOneSlice() {
        database.createEvents();
        database.insertEvents(1000);

        Plan plan = plan(EVENTS, slicesOf(10_000_000));

        assertThat(plan.rows()).isEqualTo(1000);
        assertThat(plan.slices()).singleElement().satisfies(slice -> {
            assertThat(slice.range()).isEqualTo(TestDatabase.HOUR);
            assertThat(slice.buckets()).isEqualTo(1);
            assertThat(slice.rows()).isEqualTo(1000);
            assertThat(slice.bytes()).isEqualTo(plan.bytes());
        });
    }

    @Test
    void bytesAreThoseThatClickHouseCounts() {
        database.createEvents();
        database.insertEvents(5000);

        long counted = Long.parseLong(
                database.run("SELECT sum(byteSize(*)) FROM events").strip());

        // A LowCardinality column is counted by its texts.
        assertThat(plan(EVENTS, slicesOf(1_000_000)).bytes()).isCloseTo(counted, withinPercentage(5));
    }

    @Test
    void slicesStayBelowTheirTargetAndHoldEachRowOnce() {
        database.createEvents();
        database.insertEvents(20_000);

        Plan plan = plan(EVENTS, slicesOf(500_000));

        assertThat(plan.slices())
                .hasSizeGreaterThan(10)
                .allSatisfy(slice -> assertThat(slice.bytes()).isLessThanOrEqualTo(500_000));
        assertThat(plan.slices()).extracting(Slice::number).isSorted().doesNotHaveDuplicates();
        assertThat(export(EVENTS, plan)).hasSize(20_000).doesNotHaveDuplicates();
    }

    @Test
    void aPeakInAnOtherwiseQuietTimeIsCutFiner() {
        database.createEvents();
        database.insertEvents(100);
        // Ten thousand rows within ten milliseconds of an hour.
        database.run(
                "INSERT INTO events SELECT * EXCEPT n REPLACE (generateUUIDv4(n) AS uuid,"
                        + " fromUnixTimestamp64Micro(toInt64(1793529000000000 + n)) AS inserted_at)"
                        + " FROM (SELECT * FROM events LIMIT 1) AS one CROSS JOIN (SELECT number AS n FROM numbers(10000)) AS more");

        Plan plan = plan(EVENTS, slicesOf(300_000));

        assertThat(plan.slices()).hasSizeGreaterThan(8).allSatisfy(slice -> {
            assertThat(slice.bytes()).isLessThanOrEqualTo(300_000);
            assertThat(slice.buckets()).isEqualTo(1);
        });
        assertThat(export(EVENTS, plan)).hasSize(10_100).doesNotHaveDuplicates();
    }

    @Test
    void anInstantWithTooManyRowsIsSharedOutByHash() {
        database.createEvents();
        database.insertEvents(100);
        database.run(
                "INSERT INTO events SELECT * EXCEPT n REPLACE (generateUUIDv4(n) AS uuid,"
                        + " fromUnixTimestamp64Micro(toInt64(1793529000000123)) AS inserted_at)"
                        + " FROM (SELECT * FROM events LIMIT 1) AS one CROSS JOIN (SELECT number AS n FROM numbers(10000)) AS more");

        Plan plan = plan(EVENTS, slicesOf(300_000));

        List<Slice> shares =
                plan.slices().stream().filter(slice -> slice.buckets() > 1).toList();
        assertThat(shares).hasSizeGreaterThan(5).allSatisfy(slice -> {
            assertThat(slice.buckets()).isEqualTo(shares.size());
            assertThat(slice.range()).isEqualTo(shares.getFirst().range());
            assertThat(slice.bytes()).isLessThan(450_000);
        });
        assertThat(export(EVENTS, plan)).hasSize(10_100).doesNotHaveDuplicates();
    }

    @Test
    void rowsWithNullAreSharedOutToo() {
        database.run("CREATE TABLE t (id UInt32, a Nullable(String), b Array(Nullable(Int8)), c JSON, d Float64,"
                + " inserted_at DateTime) ENGINE = MergeTree ORDER BY id");
        database.run("INSERT INTO t SELECT number, if(number % 2 = 0, NULL, 'x'), [NULL], '{\"a\":null}', nan,"
                + " '2026-11-01 10:30:00' FROM numbers(5000)");
        RowSelection selection = TestDatabase.selection(TestDatabase.model("t"));

        Plan plan = plan(selection, slicesOf(20_000));

        assertThat(plan.slices()).hasSizeGreaterThan(5);
        assertThat(export(selection, plan)).hasSize(5000).doesNotHaveDuplicates();
    }

    @Test
    void rowsThatAreEqualInEveryColumnStayTogether() {
        database.run("CREATE TABLE t (a UInt8, inserted_at DateTime) ENGINE = MergeTree ORDER BY a");
        database.run("INSERT INTO t SELECT 1, '2026-11-01 10:30:00' FROM numbers(1000)");
        RowSelection selection = TestDatabase.selection(TestDatabase.model("t"));

        Plan plan = plan(selection, slicesOf(500));

        assertThat(plan.rows()).isEqualTo(1000);
        assertThat(export(selection, plan)).hasSize(1000);
    }

    @Test
    void thePrimaryKeyDecidesWhichShareARowIsIn() {
        database.run("CREATE TABLE t (id UInt32, a String, inserted_at DateTime) ENGINE = MergeTree ORDER BY id");
        database.run("INSERT INTO t SELECT number % 100, toString(number), '2026-11-01 10:30:00' FROM numbers(5000)");
        Model model = new Model("t", new Relation.Table("t"), "inserted_at", List.of(), List.of("id"), null);
        RowSelection selection = TestDatabase.selection(model);

        Plan plan = plan(selection, slicesOf(20_000));

        assertThat(plan.slices()).hasSizeGreaterThan(4);
        List<List<String>> ids = plan.slices().stream()
                .map(slice -> database.export(selection, slice, TestDatabase.JSON_LINES).lines().stream()
                        .map(line -> line.substring(0, line.indexOf(',')))
                        .distinct()
                        .toList())
                .toList();
        assertThat(ids.stream().flatMap(List::stream)).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void thereAreNoMoreSlicesThanAllowed() {
        database.createEvents();
        database.insertEvents(5000);

        Plan plan = plan(EVENTS, new SliceLimits(1000, OptionalLong.empty(), 7));

        assertThat(plan.slices()).hasSizeBetween(4, 7);
        assertThat(export(EVENTS, plan)).hasSize(5000).doesNotHaveDuplicates();
    }

    @Test
    void slicesThatAreTransferredAtOnceEndTogether() {
        database.createEvents();
        database.insertEvents(5000);
        long bytes = plan(EVENTS, SliceLimits.ONE_SLICE).bytes();

        Plan plan = plan(
                EVENTS, new SliceLimits(bytes * 10 / 42, OptionalLong.empty(), MANY, new SliceLimits.Parallel(3, 1)));

        // Five by the target: four full ones, and a small one while two cores of three have nothing to do.
        assertThat(plan.slices())
                .hasSize(6)
                .allSatisfy(slice -> assertThat(slice.bytes()).isBetween(bytes / 9, bytes / 5));
        assertThat(export(EVENTS, plan)).hasSize(5000).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("dev.batchexports.source.clickhouse.FormatsTest#encodings")
    void filesStayBelowTheirGreatestSize(Encoding encoding) {
        database.createEvents();
        database.insertEvents(30_000);
        long wanted = 700_000;

        Plan plan = database.source()
                .plan(EVENTS, encoding, new SliceLimits(1L << 30, OptionalLong.of(wanted), MANY), TestDatabase.tag());

        List<Long> sizes = plan.slices().stream()
                .map(slice -> (long) database.export(EVENTS, slice, encoding).bytes().length)
                .toList();
        assertThat(sizes).allSatisfy(size -> assertThat(size).isLessThanOrEqualTo(wanted));
        // Nor are they needlessly small.
        assertThat(sizes.stream().mapToLong(Long::longValue).sum()).isGreaterThan(wanted * (sizes.size() - 1) / 2);
    }

    @Test
    void rowsOfVeryDifferentSizeDoNotMakeLargeFiles() {
        database.createEvents();
        database.insertEvents(20_000);
        // Each row of six of the sixty minutes is forty times as large.
        database.run("INSERT INTO events SELECT * REPLACE (generateUUIDv4() AS uuid,"
                + " concat('{\"a\":\"', arrayStringConcat(arrayMap(n -> hex(rand64(n)), range(300))), '\"}') AS properties)"
                + " FROM events WHERE toMinute(inserted_at) % 10 = 3");

        Plan plan = database.source()
                .plan(
                        EVENTS,
                        TestDatabase.JSON_LINES,
                        new SliceLimits(1L << 30, OptionalLong.of(2_000_000), MANY),
                        TestDatabase.tag());

        assertThat(plan.slices())
                .hasSizeGreaterThan(5)
                .allSatisfy(slice -> assertThat(database.export(EVENTS, slice, TestDatabase.JSON_LINES)
                                .bytes()
                                .length)
                        .isLessThan(3_000_000));
    }

    @Test
    void rowsThatBecomeVisibleAfterThePlanBelongToASlice() {
        database.createEvents();
        database.insertEvents(1000);
        Plan plan = plan(EVENTS, slicesOf(50_000));
        database.run("INSERT INTO events SELECT * REPLACE (generateUUIDv4() AS uuid,"
                + " inserted_at + INTERVAL 1 SECOND AS inserted_at) FROM events"
                + " WHERE inserted_at < '2026-11-01 10:59:58'");

        List<String> lines = new ArrayList<>();
        for (Slice slice : plan.slices()) {
            lines.addAll(database.export(EVENTS, slice, TestDatabase.JSON_LINES).lines());
        }

        assertThat(lines)
                .hasSize((int) database.source().count(EVENTS, TestDatabase.tag()))
                .hasSizeGreaterThan(1900)
                .doesNotHaveDuplicates();
    }

    @Test
    void anIntervalOfTenYearsIsCutDownToMicroseconds() {
        database.createEvents();
        database.insertEvents(2000);
        RowSelection decade = TestDatabase.selection(
                Model.events(),
                new Interval(Instant.parse("2020-01-01T00:00:00Z"), Instant.parse("2030-01-01T00:00:00.000001Z")));

        Plan plan = plan(decade, slicesOf(5_000));

        assertThat(plan.slices())
                .hasSizeGreaterThan(100)
                .allSatisfy(slice -> assertThat(slice.bytes()).isLessThanOrEqualTo(5_000));
        assertThat(plan.slices().getFirst().range().start())
                .isEqualTo(decade.interval().start());
        assertThat(plan.slices().getLast().range().end())
                .isEqualTo(decade.interval().end());
        assertThat(plan.rows()).isEqualTo(2000);
    }

    @Test
    void anIntervalBetweenTwoSecondsOfAColumnOfSecondsIsEmpty() {
        database.run("CREATE TABLE t (inserted_at DateTime) ENGINE = MergeTree ORDER BY tuple()");
        database.run("INSERT INTO t VALUES ('2026-11-01 10:00:00'), ('2026-11-01 10:00:01')");
        RowSelection selection = TestDatabase.selection(
                TestDatabase.model("t"),
                new Interval(Instant.parse("2026-11-01T10:00:00.2Z"), Instant.parse("2026-11-01T10:00:00.8Z")));

        assertThat(plan(selection, slicesOf(1000)).slices()).isEmpty();
        assertThat(database.export(selection, TestDatabase.JSON_LINES).rows()).isZero();
    }
}
