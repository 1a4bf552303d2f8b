package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.Source;
import dev.batchexports.core.source.SourceColumn;
import dev.batchexports.server.Settings;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillEndings;
import dev.batchexports.server.backfills.BackfillRunStore;
import dev.batchexports.server.backfills.BackfillRunStore.EmptyInterval;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.backfills.BackfillStore;
import dev.batchexports.server.backfills.EarliestInterval;
import dev.batchexports.server.backfills.IntervalCount;
import dev.batchexports.server.backfills.RowsByInterval;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.runs.Coverage;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.workflow.BackfillActivities.BackfillOutcome;
import dev.batchexports.server.workflow.BackfillActivities.Page;
import dev.batchexports.server.workflow.BackfillActivities.Taken;
import dev.batchexports.server.workflow.BackfillInput.BackfillTicket;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a backfill's workflow does with the database and the source. Knows nothing of Temporal.
final class BackfillExecution {
    private static final Logger LOG = LoggerFactory.getLogger(BackfillExecution.class);

    /// The word of a backfill's log lines, which belong to no run.
    static final String STAGE = "backfill";

    /// How many intervals are handed out at once.
    private static final int PAGE = 100;

    /// How many intervals are looked at for one page: those without rows or without a gap are passed over
    /// quickly.
    private static final int SCAN = 1_000;

    /// Intervals without rows need no buffers.
    private static final DestinationLimits EMPTY_INTERVALS =
            new DestinationLimits(RunExecution.LEAST_BUFFER_BYTES, RunExecution.REQUEST_TIMEOUT);

    private final ExportStore exports;
    private final RunStore runs;
    private final BackfillStore backfills;
    private final BackfillRunStore backfillRuns;
    private final BackfillEndings endings;
    private final DestinationCatalog catalog;
    private final OpenDestinations destinations;
    private final Source source;
    private final RunLog log;
    private final Settings.Reconciliation reconciliation;
    private final InstantSource clock;

    BackfillExecution(
            ExportStore exports,
            RunStore runs,
            BackfillStore backfills,
            BackfillRunStore backfillRuns,
            BackfillEndings endings,
            DestinationCatalog catalog,
            OpenDestinations destinations,
            Source source,
            RunLog log,
            Settings.Reconciliation reconciliation,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.backfills = backfills;
        this.backfillRuns = backfillRuns;
        this.endings = endings;
        this.catalog = catalog;
        this.destinations = destinations;
        this.source = source;
        this.log = log;
        this.reconciliation = reconciliation;
        this.clock = clock;
    }

    /// Fixes the range of a backfill and counts its intervals. May be repeated; a backfill that is begun anew, because
    /// Temporal has lost its workflow, keeps both.
    BackfillTicket begin(UUID backfillId) {
        Backfill backfill = backfill(backfillId);
        BatchExport export = export(backfill);
        if (backfill.begunAt() != null) {
            return ticket(backfill, export);
        }
        Instant end = backfill.endAt();
        Instant start = backfill.startAt();
        if (start == null) {
            start = earliest(export, backfill).orElse(end);
            check(export, start, end);
        }
        int intervals = 0;
        for (Instant after = start; ; ) {
            Page page = candidates(export, backfill, after);
            intervals += page.boundaries().size();
            after = page.next();
            if (!page.more()) {
                break;
            }
        }
        backfills.recordPlan(backfillId, start, intervals, clock.instant());
        backfills.begin(backfillId, clock.instant());
        log.add(
                export.id(),
                LogLevel.INFO,
                STAGE,
                "Backfill of %s to %s: %,d intervals.".formatted(start, end, intervals));
        return ticket(backfill(backfillId), export);
    }

    private static void check(BatchExport export, Instant start, Instant end) {
        if (IntervalCount.isTooLarge(export.timeline(), start, end)) {
            throw ExportException.user(
                    "TooManyIntervals",
                    "There are rows since %s, which makes more than %,d intervals."
                            .formatted(start, IntervalCount.MOST),
                    "Start a backfill with a later start_at.");
        }
    }

    private BackfillTicket ticket(Backfill backfill, BatchExport export) {
        return new BackfillTicket(
                catalog.type(export.destination().type()).workflowType(),
                backfill.concurrency(),
                backfill.status() == BackfillStatus.PAUSED);
    }

    /// The next intervals to export. Those without rows, and only those, are recorded as exported instead.
    /// May be repeated.
    ///
    /// @param attempt names the query at the source
    Page page(UUID backfillId, @Nullable Instant after, int attempt) throws InterruptedException {
        Backfill backfill = backfill(backfillId);
        BatchExport export = export(backfill);
        Instant start = after == null ? backfill.startAt() : after;
        if (start == null || export.deletedAt() != null || backfill.status().isFinished()) {
            return new Page(List.of(), false, backfill.endAt());
        }
        // What an attempt before this one has taken and not completed may hold rows by now.
        backfillRuns.giveBackEmpty(backfill);
        Page candidates = candidates(export, backfill, start);
        Set<Instant> empty = emptyOnes(export, backfill, candidates.boundaries(), attempt);
        List<Instant> wanted = new ArrayList<>();
        for (Instant boundary : candidates.boundaries()) {
            if (empty.contains(boundary)) {
                continue;
            }
            if (wanted.size() == PAGE) {
                recordEmpty(export, backfill, candidates.boundaries(), empty, wanted.getLast(), attempt);
                return new Page(wanted, true, wanted.getLast());
            }
            wanted.add(boundary);
        }
        recordEmpty(export, backfill, candidates.boundaries(), empty, candidates.next(), attempt);
        return new Page(wanted, candidates.more(), candidates.next());
    }

    /// The intervals after a boundary that the backfill is about and has no run of yet, whether they hold rows or not.
    private Page candidates(BatchExport export, Backfill backfill, Instant start) {
        Page all = allCandidates(export, backfill, start);
        Set<Instant> done = backfillRuns.boundaries(backfill, start, all.next());
        return new Page(
                all.boundaries().stream()
                        .filter(boundary -> !done.contains(boundary))
                        .toList(),
                all.more(),
                all.next());
    }

    private Page allCandidates(BatchExport export, Backfill backfill, Instant start) {
        if (backfill.rerunOf() != null) {
            return failedOnes(export, backfill(backfill.rerunOf()), start);
        }
        List<Instant> seen = new ArrayList<>(SCAN);
        Iterator<Interval> intervals =
                export.timeline().within(start, backfill.endAt()).iterator();
        while (intervals.hasNext() && seen.size() < SCAN) {
            seen.add(intervals.next().end());
        }
        if (seen.isEmpty()) {
            return new Page(List.of(), false, backfill.endAt());
        }
        Coverage coverage = switch (backfill.scope()) {
            case ALL -> new Coverage(List.of());
            case GAPS -> runs.coverage(export.id(), start, seen.getLast());
        };
        List<Instant> wanted = seen.stream()
                .filter(boundary -> export.intervalScheduledAt(boundary)
                        .filter(interval -> !coverage.covers(interval) && !isExportedBeyond(export, interval, boundary))
                        .isPresent())
                .toList();
        return new Page(wanted, intervals.hasNext(), seen.getLast());
    }

    /// Whether `end_at` was set within an interval that was exported as a whole by then: a run up to it would not
    /// replace what is there.
    private boolean isExportedBeyond(BatchExport export, Interval interval, Instant boundary) {
        if (!interval.end().isBefore(boundary)) {
            return false;
        }
        Interval whole = new Interval(interval.start(), boundary);
        return runs.isCovered(export.id(), whole);
    }

    private Page failedOnes(BatchExport export, Backfill original, Instant after) {
        List<Instant> failed = backfillRuns.failed(original, after, SCAN);
        List<Instant> wanted = failed.stream()
                .filter(boundary -> export.timeline().isBoundary(boundary)
                        && export.intervalScheduledAt(boundary).isPresent())
                .toList();
        return new Page(wanted, failed.size() == SCAN, failed.isEmpty() ? original.endAt() : failed.getLast());
    }

    /// Which of these intervals need no run, because they hold no rows and nothing of them can be at the
    /// destination. They are counted now, whatever an earlier plan has said, and only after their settle
    /// delay, as a run would.
    private Set<Instant> emptyOnes(BatchExport export, Backfill backfill, List<Instant> boundaries, int attempt) {
        if (boundaries.isEmpty() || !RowsByInterval.isKnowable(export)) {
            return Set.of();
        }
        Instant settled = clock.instant().minus(export.settle());
        List<EmptyInterval> candidates = intervals(
                export,
                boundaries.stream()
                        .filter(boundary -> !boundary.isAfter(settled))
                        .toList());
        Set<Instant> touched = backfillRuns.touched(backfill, candidates);
        Map<Instant, Interval> untouched = new TreeMap<>();
        for (EmptyInterval candidate : candidates) {
            if (!touched.contains(candidate.boundary())) {
                untouched.put(candidate.boundary(), candidate.interval());
            }
        }
        Map<Instant, Long> rows =
                RowsByInterval.count(source, export, untouched, new QueryTag(backfill.id(), "intervals", attempt));
        return untouched.keySet().stream()
                .filter(boundary -> !rows.containsKey(boundary))
                .collect(Collectors.toSet());
    }

    private List<EmptyInterval> intervals(BatchExport export, List<Instant> boundaries) {
        Instant now = clock.instant();
        List<EmptyInterval> intervals = new ArrayList<>();
        for (Instant boundary : boundaries) {
            Interval interval = export.intervalScheduledAt(boundary).orElseThrow();
            intervals.add(new EmptyInterval(boundary, interval, reconciliation.first(interval, now)));
        }
        return intervals;
    }

    /// Says at the destination that intervals hold no rows, and records them as exported. Until then the
    /// intervals are taken, so that no run exports them meanwhile.
    private void recordEmpty(
            BatchExport export,
            Backfill backfill,
            List<Instant> boundaries,
            Set<Instant> empty,
            Instant last,
            int attempt)
            throws InterruptedException {
        List<EmptyInterval> intervals = intervals(
                export,
                boundaries.stream()
                        .filter(boundary -> empty.contains(boundary) && !boundary.isAfter(last))
                        .toList());
        if (intervals.isEmpty()) {
            return;
        }
        List<RunKey> taken =
                backfillRuns.takeEmpty(backfill, export, SettingsFingerprint.of(export), intervals, clock.instant());
        if (!taken.isEmpty()) {
            announceEmpty(export, backfill, taken, attempt);
        }
        int recorded = backfillRuns.completeEmpty(backfill, intervals, clock.instant());
        log.add(
                export.id(),
                LogLevel.INFO,
                STAGE,
                "%,d intervals between %s and %s hold no rows: nothing to export."
                        .formatted(
                                recorded,
                                intervals.getFirst().interval().start(),
                                intervals.getLast().interval().end()));
    }

    private void announceEmpty(BatchExport export, Backfill backfill, List<RunKey> taken, int attempt)
            throws InterruptedException {
        try (OpenDestinations.Lease lease = destinations.open(export.id(), export.destination(), EMPTY_INTERVALS)) {
            Destination destination = lease.destination();
            List<SourceColumn> columns = source.plan(
                            export.selection(taken.getFirst().interval()),
                            destination.encoding(),
                            SliceLimits.ONE_SLICE,
                            new QueryTag(backfill.id(), "columns", attempt))
                    .columns();
            destination.announceEmpty(taken.stream()
                    .map(run -> new TransferContext(run, export.model().name(), export.writeMode(), columns, 0))
                    .toList());
        }
    }

    /// Whether an interval that was being exported by somebody else can be had now; empty while it
    /// cannot.
    Optional<Taken> interval(UUID backfillId, Instant boundary) {
        Backfill backfill = backfill(backfillId);
        if (runs.activeAt(backfill.exportId(), boundary).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(
                switch (backfill.scope()) {
                    case ALL -> Taken.FREE;
                    case GAPS -> isCovered(export(backfill), boundary) ? Taken.COVERED : Taken.FREE;
                });
    }

    private boolean isCovered(BatchExport export, Instant boundary) {
        return export.intervalScheduledAt(boundary)
                .map(interval -> runs.isCovered(export.id(), interval))
                .orElse(true);
    }

    void paused(UUID backfillId) {
        backfills.move(backfillId, BackfillStatus.PAUSED, clock.instant());
    }

    void resumed(UUID backfillId) {
        backfills.move(backfillId, BackfillStatus.RUNNING, clock.instant());
    }

    /// Ends a backfill as its workflow found it. May be repeated.
    void finish(UUID backfillId, BackfillOutcome outcome) {
        Optional<Backfill> found = backfills.find(backfillId);
        if (found.isEmpty()) {
            LOG.warn("The backfill {} has ended, but the database was restored to a time before it", backfillId);
            return;
        }
        backfillRuns.giveBackEmpty(found.get());
        backfills.recount(backfillId, clock.instant());
        Backfill backfill = backfill(backfillId);
        BackfillStatus status = switch (outcome) {
            case DONE -> backfill.failedRuns() == 0 ? BackfillStatus.COMPLETED : BackfillStatus.FAILED;
            case CANCELLED -> BackfillStatus.CANCELLED;
            case FAILED -> BackfillStatus.FAILED;
        };
        if (endings.end(backfillId, status, clock.instant())) {
            log.add(
                    backfill.exportId(),
                    status == BackfillStatus.FAILED ? LogLevel.ERROR : LogLevel.INFO,
                    STAGE,
                    "Backfill %s: %d runs, %d of them failed."
                            .formatted(status.word(), backfill.finishedRuns(), backfill.failedRuns()));
        }
    }

    /// Tells users why a backfill could not be begun or continued.
    void logFailure(UUID backfillId, ExportException error) {
        backfills
                .find(backfillId)
                .ifPresent(backfill -> log.add(
                        backfill.exportId(), LogLevel.ERROR, STAGE, (error.sentence() + " " + error.fix()).strip()));
    }

    private Optional<Instant> earliest(BatchExport export, Backfill backfill) {
        Instant end = backfill.endAt();
        RowSelection selection = export.selection(new Interval(export.grid().previous(end), end));
        return EarliestInterval.start(source, selection, export.grid(), end, backfill.id())
                .map(export.timeline()::floor);
    }

    private Backfill backfill(UUID id) {
        return backfills
                .find(id)
                .orElseThrow(() -> ExportException.user(
                        "BackfillUnknown",
                        "The metadata database does not know the backfill: it was restored to an earlier state.",
                        "Start a backfill of its range with the scope gaps."));
    }

    private BatchExport export(Backfill backfill) {
        return exports.find(backfill.exportId()).orElseThrow();
    }
}
