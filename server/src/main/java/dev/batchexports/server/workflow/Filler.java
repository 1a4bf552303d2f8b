package dev.batchexports.server.workflow;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.Timeline;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillStore;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.exports.ExportStore.Unfilled;
import dev.batchexports.server.exports.Pause;
import dev.batchexports.server.notify.Notification;
import dev.batchexports.server.notify.Outbox;
import dev.batchexports.server.runs.Coverage;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.RunAlreadyActiveException;
import dev.batchexports.server.runs.RunStarter;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.workflow.WorkflowInspector.State;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Starts the runs that the schedule should have started and did not: Temporal never fired, was away or
/// lost its data, the schedule was made later than the interval ended, or somebody removed the run.
///
/// An interval that was run is left alone, whatever became of it; so is one that ended during a pause, and
/// one that a backfill is about to export. What is long overdue is started a few runs at a time.
///
/// Each export keeps up to which boundary it is filled, and when to look again: an export is looked at
/// once for each of its intervals.
final class Filler {
    /// How many exports are looked at in a round.
    static final int EXPORTS_AT_ONCE = 100;

    /// How many intervals that were filled are looked at again: a run may have been removed since.
    private static final int LOOK_BACK = 24;

    /// How many intervals are looked at at once.
    private static final int SCAN = 500;

    /// The latest intervals are started whatever else runs.
    private static final int RECENT = 3;

    /// How many runs an export may have at once before what is overdue waits.
    private static final int CATCHING_UP = 8;

    /// How long the schedule may take at most, beyond its jitter.
    private static final Duration LONGEST_START = Duration.ofSeconds(30);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final ExportStore exports;
    private final RunStore runs;
    private final BackfillStore backfills;
    private final RunStarter starter;
    private final WorkflowInspector workflows;
    private final Outbox outbox;
    private final RunLog log;
    private final InstantSource clock;

    Filler(
            ExportStore exports,
            RunStore runs,
            BackfillStore backfills,
            RunStarter starter,
            WorkflowInspector workflows,
            Outbox outbox,
            RunLog log,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.backfills = backfills;
        this.starter = starter;
        this.workflows = workflows;
        this.outbox = outbox;
        this.log = log;
        this.clock = clock;
    }

    List<Unfilled> due() {
        return exports.unfilled(clock.instant(), EXPORTS_AT_ONCE);
    }

    /// An interval and the boundary that its run is scheduled for.
    private record Due(Interval interval, Instant boundary) {}

    void fill(Unfilled unfilled) {
        BatchExport export = unfilled.export();
        Instant now = clock.instant();
        Timeline timeline = export.timeline();
        Instant from = from(export, unfilled.filledUntil());
        Instant boundary = timeline.next(from);
        List<Due> due = new ArrayList<>();
        Optional<Interval> interval = export.intervalScheduledAt(boundary);
        while (interval.isPresent()
                && due.size() < SCAN
                && !dueAt(export, boundary).isAfter(now)) {
            due.add(new Due(interval.get(), boundary));
            boundary = timeline.next(boundary);
            interval = export.intervalScheduledAt(boundary);
        }
        Instant next = interval.isEmpty() ? null : dueAt(export, boundary);
        if (due.isEmpty()) {
            exports.filled(unfilled, from, next);
            return;
        }
        Instant open = start(unfilled, due, now);
        if (open == null) {
            exports.filled(unfilled, due.getLast().boundary(), next);
        } else {
            exports.filled(unfilled, timeline.previous(open), now.plus(LOOK_AGAIN));
        }
    }

    private static Instant from(BatchExport export, @Nullable Instant filledUntil) {
        Instant first = export.firstIntervalStart();
        Instant from = filledUntil == null ? first : export.timeline().floor(filledUntil);
        for (int step = 0; step < LOOK_BACK && from.isAfter(first); step++) {
            from = export.timeline().previous(from);
        }
        return from.isBefore(first) ? first : from;
    }

    /// When the schedule has certainly had its chance.
    private static Instant dueAt(BatchExport export, Instant boundary) {
        if (!boundary.isAfter(export.createdAt())) {
            // The schedule was made later.
            return boundary;
        }
        Duration period = export.timeline().endingAt(boundary).duration();
        Duration patience = period.compareTo(LONGEST_START) < 0 ? period : LONGEST_START;
        return boundary.plus(patience).plus(ScheduleSpecs.jitter(export));
    }

    /// Starts what is missing.
    ///
    /// @return the boundary of the first interval that is still to be started; null for none
    private @Nullable Instant start(Unfilled unfilled, List<Due> due, Instant now) {
        BatchExport export = unfilled.export();
        Coverage coverage = runs.coverage(
                export.id(),
                due.getFirst().interval().start(),
                due.getLast().interval().end());
        List<Due> missing = due.stream()
                .filter(wanted -> !coverage.touches(wanted.interval()))
                .toList();
        if (missing.isEmpty()) {
            tell(unfilled, due, List.of(), now);
            return null;
        }
        List<Pause> pauses = exports.pauses(export.id());
        List<Backfill> underWay = backfills.active(export.id());
        Instant recent = now;
        for (int step = 0; step < RECENT; step++) {
            recent = export.timeline().previous(recent);
        }
        int free = CATCHING_UP - runs.active(export.id()).size();
        Instant open = null;
        List<Due> gap = new ArrayList<>();
        for (Due wanted : missing) {
            if (pauses.stream().noneMatch(pause -> pause.covers(wanted.boundary()))
                    && underWay.stream().noneMatch(backfill -> backfill.isToExport(wanted.interval()))) {
                if (!hasFired(export, wanted.boundary())) {
                    gap.add(wanted);
                } else if (open == null) {
                    open = wanted.boundary();
                }
            }
        }
        if (!gap.isEmpty() || open == null) {
            tell(unfilled, due, gap, now);
        }
        for (Due wanted : gap) {
            Instant boundary = wanted.boundary();
            boolean started = (free > 0 || !boundary.isBefore(recent)) && start(export, wanted, now);
            if (started) {
                free--;
            } else if (open == null || boundary.isBefore(open)) {
                open = boundary;
            }
        }
        return open;
    }

    /// Whether the schedule has started a workflow that waits for a worker: when many fire at once, or no worker
    /// is there, that may take long, and another run would only be in its way.
    private boolean hasFired(BatchExport export, Instant boundary) {
        return boundary.isAfter(export.createdAt())
                && workflows.inspect(export.workflowId(boundary), null) instanceof State.Open;
    }

    /// Tells of intervals that the schedule should have started. While they are being started, and while more follow
    /// them, they stay one gap, which is told once.
    private void tell(Unfilled unfilled, List<Due> due, List<Due> gap, Instant now) {
        BatchExport export = unfilled.export();
        Instant told = unfilled.gapToldUntil();
        List<Interval> unexpected = gap.stream()
                .filter(wanted -> wanted.boundary().isAfter(export.createdAt()))
                .map(Due::interval)
                .toList();
        if (unexpected.isEmpty()) {
            if (told != null) {
                exports.gapTold(export.id(), null);
            }
            return;
        }
        Instant start = unexpected.getFirst().start();
        Instant end = unexpected.getLast().end();
        if (told == null || start.isAfter(told)) {
            outbox.add(Notification.gapFound(
                    export,
                    new Interval(start, end),
                    "The schedule did not start %s%d of its runs; they are started now."
                            .formatted(due.size() == SCAN ? "at least " : "", unexpected.size()),
                    now.truncatedTo(ChronoUnit.MICROS)));
        }
        exports.gapTold(export.id(), end);
    }

    private boolean start(BatchExport export, Due wanted, Instant now) {
        Instant boundary = wanted.boundary();
        try {
            starter.begin(
                    export,
                    new NewRun(
                            UUID.randomUUID(),
                            export.id(),
                            null,
                            null,
                            RunTrigger.SCHEDULE,
                            wanted.interval(),
                            boundary,
                            export.version(),
                            export.workflowId(boundary),
                            null));
        } catch (RunAlreadyActiveException e) {
            // The schedule has fired after all, in this very moment.
            return false;
        }
        if (boundary.isAfter(export.createdAt())) {
            log.add(
                    export.id(),
                    LogLevel.WARNING,
                    Stage.START.word(),
                    "The schedule did not start the run of %s to %s; it is started now, %s late."
                            .formatted(
                                    wanted.interval().start(),
                                    wanted.interval().end(),
                                    RunLog.duration(Duration.between(boundary, now))));
        }
        return true;
    }
}
