package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/// Every row of the interval is in exactly one slice, on the real engine, whatever the rows are.
class PlanPropertyTest {
    /// Rows that land at one time.
    ///
    /// @param afterMicros after the start of the interval; may lie before or behind it
    record Burst(long afterMicros, int rows) {}

    @Property(tries = 80, shrinking = ShrinkingMode.OFF)
    void everyRowOfTheIntervalIsInExactlyOneSlice(
            @ForAll("types") String type,
            @ForAll("bursts") List<Burst> bursts,
            @ForAll @LongRange(min = 1, max = 4_000_000) long lengthMicros,
            @ForAll @IntRange(min = 1, max = 3000) int targetBytes,
            @ForAll @IntRange(min = 1, max = 30) int maxSlices) {
        Instant start = Instant.parse("2026-11-01T10:00:00.000123Z");
        Interval interval = new Interval(start, start.plus(lengthMicros, ChronoUnit.MICROS));
        try (TestDatabase database = TestDatabase.create()) {
            insert(database, type, start, bursts);
            RowSelection selection = TestDatabase.selection(TestDatabase.model("t"), interval);
            List<String> all =
                    database.export(selection, TestDatabase.JSON_LINES).lines();

            Plan plan = database.source()
                    .plan(
                            selection,
                            TestDatabase.JSON_LINES,
                            new SliceLimits(targetBytes, OptionalLong.empty(), maxSlices),
                            TestDatabase.tag());

            List<String> sliced = new ArrayList<>();
            for (Slice slice : plan.slices()) {
                TestDatabase.Content content = database.export(selection, slice, TestDatabase.JSON_LINES);
                assertThat(content.rows()).isEqualTo(slice.rows());
                sliced.addAll(content.lines());
            }
            assertThat(sliced).containsExactlyInAnyOrderElementsOf(all);
            assertThat(plan.rows()).isEqualTo(all.size());
            assertThat(plan.slices()).hasSizeLessThanOrEqualTo(maxSlices);
        }
    }

    private static void insert(TestDatabase database, String type, Instant start, List<Burst> bursts) {
        database.run("CREATE TABLE t (id UInt64, text String, inserted_at " + type
                + ") ENGINE = MergeTree ORDER BY inserted_at SETTINGS index_granularity = 16");
        String values = bursts.stream()
                .map(burst -> "(" + (TestDatabase.micros(start) + burst.afterMicros()) + "," + burst.rows() + ")")
                .collect(Collectors.joining(","));
        database.run("INSERT INTO t SELECT rowNumberInAllBlocks(), repeat('x', rand() % 20),"
                + " fromUnixTimestamp64Micro(toInt64(burst.1), 'UTC')"
                + " FROM (SELECT arrayJoin([" + values + "]) AS burst, arrayJoin(range(toUInt32(burst.2))) AS row)");
    }

    @Provide
    Arbitrary<String> types() {
        return Arbitraries.of(
                "DateTime",
                "DateTime('Asia/Kolkata')",
                "DateTime64(0)",
                "DateTime64(1, 'UTC')",
                "DateTime64(3, 'America/New_York')",
                "DateTime64(6, 'UTC')",
                "DateTime64(6, 'Asia/Tokyo')",
                "DateTime64(9)");
    }

    @Provide
    Arbitrary<List<Burst>> bursts() {
        return Combinators.combine(
                        Arbitraries.oneOf(
                                Arbitraries.longs().between(-200_000, 4_200_000),
                                Arbitraries.longs().between(0, 40),
                                Arbitraries.of(0L, -1L, 877L, 999_877L)),
                        Arbitraries.oneOf(
                                Arbitraries.integers().between(1, 3),
                                Arbitraries.integers().between(1, 150)))
                .as(Burst::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(25);
    }
}
