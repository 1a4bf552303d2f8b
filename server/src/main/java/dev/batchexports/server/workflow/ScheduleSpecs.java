package dev.batchexports.server.workflow;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.exports.BatchExport;
import io.temporal.api.enums.v1.ScheduleOverlapPolicy;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.schedules.Schedule;
import io.temporal.client.schedules.ScheduleActionStartWorkflow;
import io.temporal.client.schedules.ScheduleCalendarSpec;
import io.temporal.client.schedules.ScheduleIntervalSpec;
import io.temporal.client.schedules.SchedulePolicy;
import io.temporal.client.schedules.ScheduleRange;
import io.temporal.client.schedules.ScheduleSpec;
import io.temporal.client.schedules.ScheduleState;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// The Temporal schedule of an export: it fires at every boundary of the export's grid that ends an
/// interval within `[start_at, end_at)`.
///
/// Observed on Temporal server 1.32, and the reason for what is done here:
/// - A workflow that a schedule starts is named `<workflow id>-<nominal time>`, and its search attribute
///   `TemporalScheduledStartTime` is the nominal time, without the jitter.
/// - Start and end of a schedule include the instant itself, and look at the nominal time.
/// - A calendar with a time zone skips a day whose hour does not exist, and where an hour happens twice
///   it fires at the second one, at both, or at the hour before as well. See [#exactTimes].
/// - A time whose workflow id is in use by an open workflow is dropped; one whose workflow is closed is
///   started again, for example by a schedule's own backfill. `RunLifecycle` tells them apart.
final class ScheduleSpecs {
    private static final Duration LONGEST_JITTER = Duration.ofSeconds(10);
    private static final Duration CATCH_UP = Duration.ofDays(365);
    private static final int EXACT_YEARS = 10;
    private static final int NEAR_HOURS = 3;

    private ScheduleSpecs() {}

    static String scheduleId(BatchExport export) {
        return export.id().toString();
    }

    /// @param workflowType of the export's destination
    /// @param keyId of the key that its payload is encrypted with
    static Schedule schedule(BatchExport export, String workflowType, String keyId, Instant now) {
        return Schedule.newBuilder()
                .setAction(ScheduleActionStartWorkflow.newBuilder()
                        .setWorkflowType(workflowType)
                        .setArguments(RunInput.ofSchedule(export.id()))
                        .setOptions(WorkflowOptions.newBuilder()
                                .setWorkflowId(scheduleId(export))
                                .setTaskQueue(TaskQueues.CONTROL)
                                .setPriority(Priorities.of(RunTrigger.SCHEDULE, export))
                                .build())
                        .build())
                .setSpec(spec(export, now))
                .setPolicy(SchedulePolicy.newBuilder()
                        // Intervals are disjoint: a long run must not keep the next one from starting.
                        .setOverlap(ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL)
                        .setCatchupWindow(CATCH_UP)
                        .build())
                .setState(ScheduleState.newBuilder()
                        .setPaused(export.paused())
                        .setNote(note(export, keyId, now))
                        .build())
                .build();
    }

    /// Says which version of an export a schedule was made from, and with which key. A schedule with another note
    /// is made anew, so the note also changes when [#exactTimes] have to be continued.
    static String note(BatchExport export, String keyId, Instant now) {
        String version =
                "Batch Exports, version %d, project %d, key %s".formatted(export.version(), export.projectId(), keyId);
        boolean endless = exactTimes(export.grid(), now).isEmpty();
        return endless
                ? version
                : version + ", clock changes until " + exactUntil(now).getYear();
    }

    static ScheduleSpec spec(BatchExport export, Instant now) {
        IntervalGrid grid = export.grid();
        ScheduleSpec.Builder spec = ScheduleSpec.newBuilder()
                .setStartAt(export.timeline().next(gridStart(export)))
                .setJitter(jitter(export));
        Instant endAt = export.endAt();
        if (endAt != null) {
            // The interval that end_at cuts short is exported at its boundary.
            spec.setEndAt(export.timeline().ceiling(endAt));
        }
        switch (grid.frequency()) {
            case Frequency.Hour() -> spec.setIntervals(List.of(new ScheduleIntervalSpec(Duration.ofHours(1))));
            case Frequency.Every(Duration length) -> spec.setIntervals(List.of(new ScheduleIntervalSpec(length)));
            case Frequency.Day() -> setDates(spec, grid, Duration.ofDays(1), ScheduleCalendarSpec.ALL_WEEK_DAYS, now);
            case Frequency.Week() ->
                setDates(spec, grid, Duration.ofDays(7), List.of(new ScheduleRange(grid.offsetDay())), now);
        }
        return spec.build();
    }

    /// From when on the grid of an export holds: the boundaries before were those of other grids.
    private static Instant gridStart(BatchExport export) {
        Instant first = export.firstIntervalStart();
        if (export.pastGrids().isEmpty()) {
            return first;
        }
        Instant seam = export.pastGrids().getLast().range().end();
        return seam.isAfter(first) ? seam : first;
    }

    /// @param length of an interval, where clocks never change
    private static void setDates(
            ScheduleSpec.Builder spec, IntervalGrid grid, Duration length, List<ScheduleRange> days, Instant now) {
        if (grid.zone().getRules().isFixedOffset()) {
            // Temporal does not know the names of all such zones (`Z`, `+05:30`), and needs none.
            long phase = Math.floorMod(grid.ceiling(now).getEpochSecond(), length.toSeconds());
            spec.setIntervals(List.of(new ScheduleIntervalSpec(length, Duration.ofSeconds(phase))));
            return;
        }
        spec.setTimeZoneName(grid.zone().getId())
                .setCalendars(List.of(ScheduleCalendarSpec.newBuilder()
                        .setHour(List.of(new ScheduleRange(grid.offsetHour())))
                        .setDayOfWeek(days)
                        .build()))
                .setIntervals(exactTimes(grid, now));
    }

    /// The boundaries of the next ten years at which the calendar of a schedule is not to be trusted: those
    /// around a change of the clocks whose hour is near the one that changes. Each is an interval spec that
    /// fires at this one instant: its period is the time since the epoch, so it has fired last in 1970 and
    /// fires next twice as far from it.
    ///
    /// What the calendar fires beyond them is no boundary, and is left out when its run starts.
    private static List<ScheduleIntervalSpec> exactTimes(IntervalGrid grid, Instant now) {
        // A calendar may miss not only the time that does not exist but also the one after it.
        Duration around = switch (grid.frequency()) {
            case Frequency.Hour() -> Duration.ZERO;
            case Frequency.Every every -> Duration.ZERO;
            case Frequency.Day() -> Duration.ofDays(2);
            case Frequency.Week() -> Duration.ofDays(8);
        };
        if (around.isZero()) {
            return List.of();
        }
        SortedSet<Instant> times = new TreeSet<>();
        ZoneRules rules = grid.zone().getRules();
        Instant until = exactUntil(now).atStartOfDay(ZoneOffset.UTC).toInstant();
        for (ZoneOffsetTransition change = rules.nextTransition(now.minus(around));
                change != null && change.getInstant().isBefore(until);
                change = rules.nextTransition(change.getInstant())) {
            if (isNear(grid.offsetHour(), change)) {
                Instant last = change.getInstant().plus(around);
                for (Instant boundary = grid.ceiling(change.getInstant().minus(around));
                        !boundary.isAfter(last);
                        boundary = grid.next(boundary)) {
                    times.add(boundary);
                }
            }
        }
        return times.stream()
                .map(time -> new ScheduleIntervalSpec(Duration.ofSeconds(time.getEpochSecond())))
                .toList();
    }

    /// Whether an hour of the day is within three hours of the hours that a change skips or repeats.
    private static boolean isNear(int hour, ZoneOffsetTransition change) {
        int changing = change.getDateTimeBefore().getHour();
        int apart = Math.abs(hour - changing);
        return Math.min(apart, 24 - apart) <= NEAR_HOURS;
    }

    private static LocalDate exactUntil(Instant now) {
        return LocalDate.of(now.atZone(ZoneOffset.UTC).getYear() + EXACT_YEARS, 1, 1);
    }

    /// Spreads the exports that share a boundary, well within the time that their runs wait anyway.
    static Duration jitter(BatchExport export) {
        Duration half = export.settle().dividedBy(2);
        return half.compareTo(LONGEST_JITTER) < 0 ? half : LONGEST_JITTER;
    }

    /// Whether an export will never fire again.
    static boolean isOver(BatchExport export, Instant now) {
        Instant endAt = export.endAt();
        return endAt != null && export.timeline().ceiling(endAt).isBefore(now);
    }
}
