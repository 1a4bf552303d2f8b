package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Interval;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class SliceCutterTest {
    private static final Instant START = Instant.parse("2026-11-01T10:00:00Z");
    private static final long START_MICROS = TestDatabase.micros(START);
    private static final Interval INTERVAL = new Interval(START, START.plusSeconds(100));

    @Property
    void cutsLeaveNoGapAndDoNotOverlap(@ForAll("buckets") List<Bucket> buckets, @ForAll @IntRange(min = 1) int target) {
        List<SliceCutter.Cut> cuts = new SliceCutter(INTERVAL, buckets, 1).cuts(target, 1000);

        assertThat(cuts.getFirst().range().start()).isEqualTo(INTERVAL.start());
        assertThat(cuts.getLast().range().end()).isEqualTo(INTERVAL.end());
        for (int index = 1; index < cuts.size(); index++) {
            assertThat(cuts.get(index).range().start())
                    .isEqualTo(cuts.get(index - 1).range().end());
        }
        assertThat(cuts.stream().mapToLong(SliceCutter.Cut::rows).sum())
                .isEqualTo(buckets.stream().mapToLong(Bucket::rows).sum());
        assertThat(cuts.stream().mapToLong(SliceCutter.Cut::bytes).sum())
                .isEqualTo(buckets.stream().mapToLong(Bucket::bytes).sum());
    }

    @Property
    void onlyABucketThatCannotBeCutExceedsTheTarget(
            @ForAll("buckets") List<Bucket> buckets, @ForAll @IntRange(min = 1, max = 5000) int target) {
        for (SliceCutter.Cut cut : new SliceCutter(INTERVAL, buckets, 1).cuts(target, Integer.MAX_VALUE)) {
            if (cut.bytes() > target) {
                assertThat(buckets)
                        .filteredOn(bucket -> bucket.start() == cut.instant())
                        .extracting(Bucket::bytes)
                        .containsExactly(cut.bytes());
            }
        }
    }

    @Property
    void anInstantAboveTheTargetIsShared(
            @ForAll @IntRange(min = 1, max = 1000) int rows, @ForAll @IntRange(min = 1) int target) {
        Bucket instant = new Bucket(START_MICROS + 7, 1, rows, rows * 100L);

        List<SliceCutter.Cut> cuts = new SliceCutter(INTERVAL, List.of(instant), 1).cuts(target, Integer.MAX_VALUE);

        assertThat(cuts).singleElement().satisfies(cut -> {
            assertThat(cut.range()).isEqualTo(INTERVAL);
            assertThat((long) cut.shares()).isEqualTo(Math.min(rows, Math.ceilDiv(rows * 100L, target)));
        });
    }

    @Property
    void thereAreNeverMoreSlicesThanAllowed(
            @ForAll("buckets") List<Bucket> buckets,
            @ForAll @IntRange(min = 1, max = 1000) int target,
            @ForAll @IntRange(min = 1, max = 20) int maxSlices) {
        assertThat(new SliceCutter(INTERVAL, buckets, 1).cuts(target, maxSlices))
                .extracting(SliceCutter.Cut::shares)
                .satisfies(shares -> assertThat(
                                shares.stream().mapToInt(Integer::intValue).sum())
                        .isBetween(1, maxSlices));
    }

    /// Some of a microsecond, which cannot be cut, and some longer ones, which were not worth it.
    @Provide
    Arbitrary<List<Bucket>> buckets() {
        Arbitrary<Bucket> bucket = Combinators.combine(
                        Arbitraries.integers().between(1, 1000),
                        Arbitraries.of(1, 1, 64),
                        Arbitraries.integers().between(1, 20),
                        Arbitraries.integers().between(1, 500))
                .as((gap, width, rows, bytesPerRow) -> new Bucket(gap, width, rows, (long) rows * bytesPerRow));
        return bucket.list().ofMinSize(1).ofMaxSize(60).map(gaps -> {
            List<Bucket> buckets = new ArrayList<>();
            long end = START_MICROS;
            for (Bucket gap : gaps) {
                Bucket placed = new Bucket(end + gap.start(), gap.width(), gap.rows(), gap.bytes());
                buckets.add(placed);
                end = placed.end();
            }
            return buckets;
        });
    }
}
