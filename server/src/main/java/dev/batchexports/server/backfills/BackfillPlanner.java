package dev.batchexports.server.backfills;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.Timeline;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.Source;
import dev.batchexports.server.backfills.BackfillPlan.CompletedRange;
import dev.batchexports.server.backfills.BackfillPlan.Note;
import dev.batchexports.server.backfills.BackfillService.Wish;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.runs.Coverage;
import dev.batchexports.server.runs.RunStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/// Finds out what a backfill would do.
@Component
class BackfillPlanner {
    private static final int MAXIMUM_RANGES = 1000;
    private static final Encoding PLAIN = new Encoding(FileFormat.JSON_LINES, Compression.NONE);
    private final RunStore runs;
    private final Source source;

    BackfillPlanner(RunStore runs, Source source) {
        this.runs = runs;
        this.source = source;
    }

    /// @param form what was asked for
    /// @param wish what came of it
    /// @throws dev.batchexports.server.request.InvalidRequestException when there are rows since too long ago
    /// @throws dev.batchexports.core.error.ExportException when the source cannot be read
    BackfillPlan plan(BatchExport export, BackfillForm form, Wish wish, Instant now) {
        UUID planId = UUID.randomUUID();
        List<Note> notes = new ArrayList<>();
        Instant end = wish.end();
        Instant start = start(export, wish, planId).orElse(null);
        check(export, start, end);
        noteStart(form, start, notes);
        noteEnd(export, form, end, now, notes);
        if (start == null) {
            return new BackfillPlan(null, end, 0, 0, 0L, 0, 0, 0, List.of(), false, notes);
        }
        Map<Instant, Interval> wanted = RowsByInterval.intervals(export, start, end);
        long intervals = wanted.size();
        SequencedMap<Instant, Long> completed = completed(export, wanted, start, end);
        Instant readEnd = export.endAt() != null && export.endAt().isBefore(end) ? export.endAt() : end;
        Plan whole = source.plan(
                RowsByInterval.selection(export, start, readEnd),
                PLAIN,
                SliceLimits.ONE_SLICE,
                new QueryTag(planId, "plan", 1));
        Map<Instant, Long> known = RowsByInterval.isKnowable(export)
                ? RowsByInterval.count(source, export, wanted, new QueryTag(planId, "intervals", 1))
                : null;
        long runCount = switch (wish.scope()) {
            case ALL -> intervals;
            case GAPS -> intervals - completed.size();
        };
        long rows = switch (wish.scope()) {
            case ALL -> whole.rows();
            case GAPS -> rowsOfGaps(whole, known, completed, runCount);
        };
        long bytes = whole.rows() == 0 ? 0 : Math.round((double) whole.bytes() / whole.rows() * rows);
        List<CompletedRange> ranges = ranges(export.timeline(), completed.sequencedKeySet());
        return new BackfillPlan(
                start,
                end,
                intervals,
                runCount,
                known == null ? null : Math.max(0, runCount - withRows(wish.scope(), known, completed)),
                rows,
                bytes,
                completed.size(),
                ranges.size() > MAXIMUM_RANGES ? List.copyOf(ranges.subList(0, MAXIMUM_RANGES)) : ranges,
                ranges.size() > MAXIMUM_RANGES,
                notes);
    }

    /// A start that the user has named is known to be late enough, the earliest row is not.
    private static void check(BatchExport export, @Nullable Instant start, Instant end) {
        Violations violations = new Violations();
        violations.require(
                start == null || !IntervalCount.isTooLarge(export.timeline(), start, end),
                "/start_at",
                "has to be given: there are rows since " + start + ", which makes too many intervals, more than "
                        + IntervalCount.MOST);
        violations.orThrow();
    }

    /// The intervals that completed runs cover, with the rows of the run of each, as far as it has one of its
    /// own.
    private SequencedMap<Instant, Long> completed(
            BatchExport export, Map<Instant, Interval> wanted, Instant start, Instant end) {
        Coverage coverage = runs.coverage(export.id(), start, end);
        Map<Instant, Long> rows = runs.completedRows(export.id(), start, end);
        SequencedMap<Instant, Long> completed = new TreeMap<>();
        wanted.forEach((boundary, interval) -> {
            if (coverage.covers(interval)) {
                completed.put(boundary, rows.getOrDefault(boundary, 0L));
            }
        });
        return completed;
    }

    private Optional<Instant> start(BatchExport export, Wish wish, UUID planId) {
        return wish.start() != null
                ? Optional.of(wish.start())
                : EarliestInterval.start(
                                source,
                                RowsByInterval.selection(
                                        export, export.timeline().previous(wish.end()), wish.end()),
                                export.grid(),
                                wish.end(),
                                planId)
                        .map(export.timeline()::floor);
    }

    /// Rows of intervals without a completed run; where the intervals cannot be counted apart, what the
    /// completed runs have not exported.
    private static long rowsOfGaps(
            Plan whole, @Nullable Map<Instant, Long> known, Map<Instant, Long> completed, long gaps) {
        if (gaps == 0) {
            return 0;
        }
        if (known != null) {
            return known.entrySet().stream()
                    .filter(interval -> !completed.containsKey(interval.getKey()))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
        }
        return Math.max(
                0,
                whole.rows()
                        - completed.values().stream().mapToLong(Long::longValue).sum());
    }

    private static long withRows(BackfillScope scope, Map<Instant, Long> known, Map<Instant, Long> completed) {
        return switch (scope) {
            case ALL -> known.size();
            case GAPS ->
                known.keySet().stream()
                        .filter(boundary -> !completed.containsKey(boundary))
                        .count();
        };
    }

    private static List<CompletedRange> ranges(Timeline timeline, SequencedCollection<Instant> boundaries) {
        List<CompletedRange> ranges = new ArrayList<>();
        for (Instant boundary : boundaries) {
            Instant start = timeline.previous(boundary);
            CompletedRange last = ranges.isEmpty() ? null : ranges.getLast();
            if (last != null && last.endAt().equals(start)) {
                ranges.set(ranges.size() - 1, new CompletedRange(last.startAt(), boundary, last.intervals() + 1));
            } else {
                ranges.add(new CompletedRange(start, boundary, 1));
            }
        }
        return ranges;
    }

    private static void noteStart(BackfillForm form, @Nullable Instant start, List<Note> notes) {
        Instant wanted = form.startAt();
        if (start == null) {
            notes.add(new Note("no_data", "There are no rows before the end."));
        } else if (wanted == null) {
            notes.add(
                    new Note("start_is_earliest_data", "The earliest row landed in the interval from " + start + "."));
        } else if (!wanted.equals(start)) {
            notes.add(
                    new Note("start_snapped", "The start was moved to the beginning of its interval, " + start + "."));
        }
    }

    private static void noteEnd(BatchExport export, BackfillForm form, Instant end, Instant now, List<Note> notes) {
        Instant wanted = Objects.requireNonNull(form.endAt());
        Instant exportEnd = export.endAt();
        if (exportEnd != null && exportEnd.isBefore(wanted) && !exportEnd.isAfter(now)) {
            notes.add(new Note(
                    "end_cut_to_export_end",
                    "The batch export ends at " + exportEnd + ": nothing that landed from then on is exported."));
        } else if (end.isBefore(wanted)) {
            notes.add(new Note(
                    "end_cut_to_last_interval",
                    "The interval that is under way is left out: the last one that has ended ends at " + end + "."));
        } else if (!wanted.equals(end)) {
            notes.add(new Note("end_snapped", "The end was moved to the end of its interval, " + end + "."));
        }
    }
}
