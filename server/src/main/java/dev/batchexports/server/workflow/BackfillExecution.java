package dev.batchexports.server.workflow;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Source;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.backfills.BackfillStore;
import dev.batchexports.server.backfills.EarliestInterval;
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
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a backfill's workflow does with the database and the source. Knows nothing of Temporal.
final class BackfillExecution {
    /// The word of a backfill's log lines, which belong to no run.
    private static final String STAGE = "backfill";

    /// How many intervals are handed out at once.
    private static final int PAGE = 100;

    /// How many intervals are looked at for one page: those without a gap are passed over quickly.
    private static final int SCAN = 5_000;

    private final ExportStore exports;
    private final RunStore runs;
    private final BackfillStore backfills;
    private final DestinationCatalog catalog;
    private final Source source;
    private final RunLog log;
    private final InstantSource clock;

    BackfillExecution(
            ExportStore exports,
            RunStore runs,
            BackfillStore backfills,
            DestinationCatalog catalog,
            Source source,
            RunLog log,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.backfills = backfills;
        this.catalog = catalog;
        this.source = source;
        this.log = log;
        this.clock = clock;
    }

    /// Fixes the range of a backfill and counts its intervals. May be repeated.
    BackfillTicket begin(UUID backfillId) {
        Backfill backfill = backfill(backfillId);
        BatchExport export = export(backfill);
        Instant end = backfill.endAt();
        Instant start = backfill.startAt();
        if (start == null) {
            start = earliest(export, backfill).orElse(end);
        }
        int intervals = 0;
        for (Instant after = start; ; ) {
            Page page = page(export, backfill.scope(), after, end, Integer.MAX_VALUE);
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
                "Backfill of %s to %s: %d intervals.".formatted(start, end, intervals));
        return new BackfillTicket(catalog.type(export.destination().type()).workflowType(), backfill.concurrency());
    }

    /// The next intervals to export.
    Page page(UUID backfillId, @Nullable Instant after) {
        Backfill backfill = backfill(backfillId);
        BatchExport export = export(backfill);
        Instant start = after == null ? backfill.startAt() : after;
        if (start == null || export.deletedAt() != null || backfill.status().isFinished()) {
            return new Page(List.of(), false, backfill.endAt());
        }
        return page(export, backfill.scope(), start, backfill.endAt(), PAGE);
    }

    private Page page(BatchExport export, BackfillScope scope, Instant start, Instant end, int most) {
        List<Instant> seen = new ArrayList<>(SCAN);
        Iterator<Interval> intervals = export.timeline().within(start, end).iterator();
        while (intervals.hasNext() && seen.size() < SCAN) {
            seen.add(intervals.next().end());
        }
        if (seen.isEmpty()) {
            return new Page(List.of(), false, end);
        }
        Coverage coverage = switch (scope) {
            case ALL -> new Coverage(List.of());
            case GAPS -> runs.coverage(export.id(), start, seen.getLast());
        };
        List<Instant> wanted = new ArrayList<>();
        for (Instant boundary : seen) {
            if (wanted.size() == most) {
                return new Page(wanted, true, wanted.getLast());
            }
            export.intervalScheduledAt(boundary)
                    .filter(interval -> !coverage.covers(interval))
                    .ifPresent(interval -> wanted.add(boundary));
        }
        return new Page(wanted, intervals.hasNext(), seen.getLast());
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
                .map(interval -> runs.coverage(export.id(), interval.start(), interval.end())
                        .covers(interval))
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
        backfills.recount(backfillId, clock.instant());
        Backfill backfill = backfill(backfillId);
        BackfillStatus status = switch (outcome) {
            case DONE -> backfill.failedRuns() == 0 ? BackfillStatus.COMPLETED : BackfillStatus.FAILED;
            case CANCELLED -> BackfillStatus.CANCELLED;
            case FAILED -> BackfillStatus.FAILED;
        };
        if (backfills.move(backfillId, status, clock.instant())) {
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
        log.add(backfill(backfillId).exportId(), LogLevel.ERROR, STAGE, (error.sentence() + " " + error.fix()).strip());
    }

    private Optional<Instant> earliest(BatchExport export, Backfill backfill) {
        Instant end = backfill.endAt();
        RowSelection selection = export.selection(new Interval(export.grid().previous(end), end));
        return EarliestInterval.start(source, selection, export.grid(), end, backfill.id());
    }

    private Backfill backfill(UUID id) {
        return backfills.find(id).orElseThrow();
    }

    private BatchExport export(Backfill backfill) {
        return exports.find(backfill.exportId()).orElseThrow();
    }
}
