package dev.batchexports.server.exports;

import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.interval.PastGrid;
import dev.batchexports.core.interval.Timeline;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.RowSelection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A batch export as it is configured: model, destination, interval and state.
///
/// @param grid in force now
/// @param pastGrids that were in force before, for the time that was exported with them
/// @param version grows with every change
/// @param scheduleVersion the version that the Temporal schedule was last made to match
/// @param settle how long a run waits after its upper bound before it reads
/// @param giveUpAfter how long a run retries before it fails
/// @param pauseAfterFailures how many failed runs in a row pause the export; 0 for any number
public record BatchExport(
        UUID id,
        long projectId,
        String name,
        Model model,
        DestinationSettings destination,
        IntervalGrid grid,
        List<PastGrid> pastGrids,
        List<String> includeEvents,
        List<String> excludeEvents,
        List<PropertyFilter> filters,
        boolean paused,
        @Nullable String pauseReason,
        @Nullable Instant startAt,
        @Nullable Instant endAt,
        RerunMode rerunMode,
        LateRows lateRows,
        Duration settle,
        Duration giveUpAfter,
        int pauseAfterFailures,
        long version,
        long scheduleVersion,
        Instant createdAt,
        Instant lastUpdatedAt,
        @Nullable Instant lastPausedAt,
        @Nullable Instant deletedAt) {

    /// The rows of an interval: the one place that says which they are.
    public RowSelection selection(Interval interval) {
        return new RowSelection(model, projectId, interval, includeEvents, excludeEvents, filters);
    }

    /// This export, paused by the server itself.
    public BatchExport pausedBecause(String reason, Instant now) {
        return new BatchExport(
                id,
                projectId,
                name,
                model,
                destination,
                grid,
                pastGrids,
                includeEvents,
                excludeEvents,
                filters,
                true,
                reason,
                startAt,
                endAt,
                rerunMode,
                lateRows,
                settle,
                giveUpAfter,
                pauseAfterFailures,
                version,
                scheduleVersion,
                createdAt,
                now,
                now,
                deletedAt);
    }

    public ExportStatus status(Instant now) {
        if (endAt != null && !endAt.isAfter(now)) {
            return ExportStatus.ENDED;
        }
        return paused ? ExportStatus.PAUSED : ExportStatus.ACTIVE;
    }

    /// What a run does with rows that are at the destination already.
    public WriteMode writeMode() {
        if (!model.primaryKey().isEmpty()) {
            return new WriteMode.Merge(model.primaryKey(), model.versionKey());
        }
        return switch (rerunMode) {
            case APPEND -> new WriteMode.Append();
            case REPLACE -> new WriteMode.Replace();
        };
    }

    /// The boundaries of the export's intervals, past ones included.
    public Timeline timeline() {
        return new Timeline(grid, pastGrids);
    }

    /// The first instant that the schedule exports: the first boundary at or after `start_at`, or the
    /// boundary before the export was created, whose interval is the first to end afterwards.
    public Instant firstIntervalStart() {
        return startAt == null ? timeline().floor(createdAt) : timeline().ceiling(startAt);
    }

    /// The interval of the run that is scheduled for a boundary, cut short where it crosses `end_at`.
    ///
    /// @return empty when the whole interval lies at or after `end_at`
    /// @throws IllegalArgumentException when the time is no boundary of the export's timeline
    public Optional<Interval> intervalScheduledAt(Instant boundary) {
        Interval interval = timeline().endingAt(boundary);
        if (endAt == null || !endAt.isBefore(interval.end())) {
            return Optional.of(interval);
        }
        return endAt.isAfter(interval.start()) ? Optional.of(new Interval(interval.start(), endAt)) : Optional.empty();
    }

    /// The id of the workflow that exports the interval scheduled for a boundary, whoever starts it: a
    /// schedule names its workflows so, and retries and backfills follow.
    public String workflowId(Instant boundary) {
        return id + "-" + boundary;
    }
}
