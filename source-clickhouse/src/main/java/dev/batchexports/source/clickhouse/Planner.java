package dev.batchexports.source.clickhouse;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Cuts an interval into slices.
///
/// One query counts rows and bytes by 4,096 buckets of landing time. Bytes are counted, not estimated from
/// a sample of rows: slices stay right when rows of very different size lie side by side, and the count is
/// cheap, because texts are measured by their lengths (3 million events, 1.5 GB: 0.2 s of CPU where
/// ClickHouse stores lengths apart, 1.2 s elsewhere; encoding them takes 4 to 9 s). Buckets that are larger
/// than a slice are counted again in finer ones, all of them in one query for each level, down to single
/// instants. The rows of an instant that is still too large are shared out by a hash of the row.
///
/// Used by one thread, for one plan.
final class Planner {
    private static final int BUCKETS = 4096;
    /// Of the finer buckets of one level: bounds the answer to 2 MB.
    private static final int FINER_BUCKETS = 65_536;

    /// Files come out below the wanted size although some rows compress worse than the sample.
    private static final double FILE_SIZE_MARGIN = 0.9;

    private static final int SAMPLED_RANGES = 8;
    private static final long SAMPLED_ROWS_OF_RANGE = 2500;
    private static final long SAMPLED_BYTES_OF_RANGE = 2L << 20;

    private final SelectionQueries queries;
    private final ResolvedSelection selection;
    private final Interval interval;
    /// Of bucket 0, in microseconds since 1970.
    private final long origin;

    private final long resolution;

    Planner(SelectionQueries queries, ResolvedSelection selection) {
        this.queries = queries;
        this.selection = selection;
        this.interval = selection.interval();
        this.origin = selection.landingTime().firstMicrosFrom(interval.start());
        this.resolution = selection.landingTime().resolutionMicros();
    }

    Plan plan(Encoding encoding, SliceLimits limits) {
        long span = selection.landingTime().firstMicrosFrom(interval.end()) - origin;
        long width = resolution;
        while (width * BUCKETS < span) {
            width *= 2;
        }
        List<Bucket> buckets = span > 0 ? histogram(width) : List.of();
        List<Slice> slices = buckets.isEmpty() ? List.of() : slices(buckets, width, encoding, limits);
        // Rows may have come between the queries: what the slices hold is what was planned.
        return new Plan(
                slices.stream().mapToLong(Slice::rows).sum(),
                slices.stream().mapToLong(Slice::bytes).sum(),
                selection.sourceColumns(),
                slices);
    }

    private List<Slice> slices(List<Bucket> buckets, long width, Encoding encoding, SliceLimits limits) {
        long bytes = buckets.stream().mapToLong(Bucket::bytes).sum();
        long target = Math.max(target(buckets, encoding, limits), Math.ceilDiv(bytes, limits.maxSlices()));
        SliceCutter cutter = new SliceCutter(interval, refined(buckets, width, target), resolution);
        return slices(cutter.cuts(target, limits.maxSlices()));
    }

    private List<Bucket> histogram(long width) {
        return queries.answer(
                selection.histogram(origin, width, interval, width, List.of()), answer -> buckets(answer, width));
    }

    private List<Bucket> buckets(byte[] answer, long width) {
        List<Bucket> buckets = new ArrayList<>();
        RowBinary fields = new RowBinary(answer);
        while (fields.hasNext()) {
            long start = origin + fields.nextLong() * width;
            buckets.add(new Bucket(start, width, fields.nextLong(), fields.nextLong()));
        }
        buckets.sort(Comparator.comparingLong(Bucket::start));
        return buckets;
    }

    /// Replaces buckets above the target by finer ones, as far as landing time can be told apart.
    private List<Bucket> refined(List<Bucket> coarse, long coarseWidth, long target) {
        List<Bucket> buckets = coarse;
        long width = coarseWidth;
        while (width > resolution) {
            long parentWidth = width;
            List<Bucket> large = buckets.stream()
                    .filter(bucket -> bucket.width() == parentWidth && bucket.bytes() > target)
                    .toList();
            if (large.isEmpty()) {
                return buckets;
            }
            int halvings = Math.max(1, 31 - Integer.numberOfLeadingZeros(FINER_BUCKETS / large.size()));
            for (int halving = 0; halving < halvings && width > resolution; halving++) {
                width /= 2;
            }
            List<Bucket> next = new ArrayList<>(buckets);
            next.removeIf(bucket -> bucket.width() == parentWidth && bucket.bytes() > target);
            next.addAll(finer(large, parentWidth, width));
            next.sort(Comparator.comparingLong(Bucket::start));
            buckets = next;
        }
        return buckets;
    }

    private List<Bucket> finer(List<Bucket> large, long parentWidth, long width) {
        List<Long> parents = large.stream()
                .map(bucket -> (bucket.start() - origin) / parentWidth)
                .toList();
        return queries.answer(
                selection.histogram(origin, width, around(large), parentWidth, parents),
                answer -> buckets(answer, width));
    }

    /// The smallest part of the interval that holds all of these buckets.
    private Interval around(List<Bucket> buckets) {
        Instant start = instant(buckets.getFirst().start());
        Instant end = instant(buckets.getLast().end());
        return new Interval(
                start.isBefore(interval.start()) ? interval.start() : start,
                end.isAfter(interval.end()) ? interval.end() : end);
    }

    static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /// The uncompressed bytes of a slice, such that slices meet both limits and those that are transferred at once end
    /// together: a last one by itself would leave all cores but one idle.
    private long target(List<Bucket> buckets, Encoding encoding, SliceLimits limits) {
        long bytes = buckets.stream().mapToLong(Bucket::bytes).sum();
        long most = most(buckets, encoding, limits);
        double atOnce = limits.parallel().slices();
        double count = Math.ceil(bytes / (most * atOnce)) * atOnce;
        // A little more than the share, or what is left over by rounding becomes a slice of its own.
        long share = (long) Math.ceil(bytes * 1.05 / count);
        return Math.min(most, Math.max(share, limits.parallel().leastBytes()));
    }

    private long most(List<Bucket> buckets, Encoding encoding, SliceLimits limits) {
        if (limits.maxFileBytes().isEmpty()) {
            return limits.targetBytes();
        }
        double encodedBytesPerByte = encodedBytesPerByte(buckets, encoding);
        double fitting = limits.maxFileBytes().getAsLong() * FILE_SIZE_MARGIN / encodedBytesPerByte;
        return Math.max(1, Math.min(limits.targetBytes(), (long) fitting));
    }

    /// Encodes some thousand rows from all over the interval, as they will be encoded later.
    private double encodedBytesPerByte(List<Bucket> buckets, Encoding encoding) {
        List<Interval> ranges = new ArrayList<>();
        List<Long> limits = new ArrayList<>();
        double bytes = 0;
        int count = Math.min(SAMPLED_RANGES, buckets.size());
        for (int index = 0; index < count; index++) {
            int first = index * buckets.size() / count;
            int end = (index + 1) * buckets.size() / count;
            List<Bucket> sampled = beginning(buckets.subList(first, end));
            long rows = sampled.stream().mapToLong(Bucket::rows).sum();
            double bytesPerRow =
                    (double) sampled.stream().mapToLong(Bucket::bytes).sum() / rows;
            long fitting = (long) (SAMPLED_BYTES_OF_RANGE / Math.max(1.0, bytesPerRow));
            long limit = Math.clamp(Math.min(SAMPLED_ROWS_OF_RANGE, fitting), 1, rows);
            ranges.add(around(sampled));
            limits.add(limit);
            bytes += limit * bytesPerRow;
        }
        OutputFormat format = selection.outputFormat(encoding);
        long encoded = 0;
        try (EncodedRows rows = queries.stream(selection.sample(ranges, limits, format), format, encoding)) {
            byte[] buffer = new byte[64 << 10];
            for (int read = rows.read(buffer, 0, buffer.length);
                    read >= 0;
                    read = rows.read(buffer, 0, buffer.length)) {
                encoded += read;
            }
        }
        return Math.max(encoded, 1) / Math.max(1, bytes);
    }

    /// The first buckets, up to what is sampled of a range.
    private static List<Bucket> beginning(List<Bucket> buckets) {
        long rows = 0;
        long bytes = 0;
        int taken = 0;
        while (taken < buckets.size() && rows < SAMPLED_ROWS_OF_RANGE && bytes < SAMPLED_BYTES_OF_RANGE) {
            rows += buckets.get(taken).rows();
            bytes += buckets.get(taken).bytes();
            taken++;
        }
        return buckets.subList(0, taken);
    }

    private List<Slice> slices(List<SliceCutter.Cut> cuts) {
        List<SliceCutter.Cut> shared =
                cuts.stream().filter(cut -> cut.shares() > 1).toList();
        Map<SliceCutter.Share, Bucket> shares = shared.isEmpty() ? Map.of() : shares(shared);
        List<Slice> slices = new ArrayList<>();
        for (SliceCutter.Cut cut : cuts) {
            if (cut.shares() == 1) {
                slices.add(new Slice(slices.size(), cut.range(), 0, 1, cut.rows(), cut.bytes()));
            }
            for (int bucket = 0; cut.shares() > 1 && bucket < cut.shares(); bucket++) {
                Bucket share = shares.getOrDefault(new SliceCutter.Share(cut.instant(), bucket), Bucket.EMPTY);
                slices.add(new Slice(slices.size(), cut.range(), bucket, cut.shares(), share.rows(), share.bytes()));
            }
        }
        return slices;
    }

    /// Counts what each share of an instant holds.
    private Map<SliceCutter.Share, Bucket> shares(List<SliceCutter.Cut> cuts) {
        List<Long> instants = cuts.stream().map(SliceCutter.Cut::instant).toList();
        List<Long> counts = cuts.stream().map(cut -> (long) cut.shares()).toList();
        Interval within = new Interval(
                cuts.getFirst().range().start(), cuts.getLast().range().end());
        return queries.answer(selection.hashHistogram(within, instants, counts), answer -> {
            Map<SliceCutter.Share, Bucket> shares = new HashMap<>();
            RowBinary fields = new RowBinary(answer);
            while (fields.hasNext()) {
                SliceCutter.Share share = new SliceCutter.Share(fields.nextLong(), (int) fields.nextLong());
                shares.put(share, new Bucket(share.instant(), resolution, fields.nextLong(), fields.nextLong()));
            }
            return shares;
        });
    }
}
