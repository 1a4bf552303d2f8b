package dev.batchexports.server.exports;

import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.interval.PastGrid;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.RowSelection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A batch export as a user wants it, validated; its secrets are still in the clear.
///
/// @param config complete, secrets included
record ExportDraft(
        String name,
        Model model,
        DestinationType<?> destinationType,
        Map<String, Object> config,
        IntervalGrid grid,
        List<String> includeEvents,
        List<String> excludeEvents,
        List<PropertyFilter> filters,
        boolean paused,
        @Nullable Instant startAt,
        @Nullable Instant endAt,
        RerunMode rerunMode,
        LateRows lateRows,
        Duration settle,
        Duration giveUpAfter,
        int pauseAfterFailures) {

    /// The rows of an interval.
    RowSelection selection(long projectId, Interval interval) {
        return new RowSelection(model, projectId, interval, includeEvents, excludeEvents, filters);
    }

    /// The first version of a new export.
    BatchExport create(UUID id, long projectId, DestinationSettings sealed, Instant now) {
        return new BatchExport(
                id,
                projectId,
                name,
                model,
                sealed,
                grid,
                List.of(),
                includeEvents,
                excludeEvents,
                filters,
                paused,
                null,
                startAt,
                endAt,
                rerunMode,
                lateRows,
                settle,
                giveUpAfter,
                pauseAfterFailures,
                1,
                0,
                now,
                now,
                paused ? now : null,
                null);
    }

    /// An export changed into this draft.
    ///
    /// @param pastGrids those that the changed export has
    BatchExport change(BatchExport export, DestinationSettings sealed, List<PastGrid> pastGrids, Instant now) {
        return new BatchExport(
                export.id(),
                export.projectId(),
                name,
                model,
                sealed,
                grid,
                pastGrids,
                includeEvents,
                excludeEvents,
                filters,
                paused,
                paused ? export.pauseReason() : null,
                startAt,
                endAt,
                rerunMode,
                lateRows,
                settle,
                giveUpAfter,
                pauseAfterFailures,
                export.version(),
                export.scheduleVersion(),
                export.createdAt(),
                now,
                paused && !export.paused() ? now : export.lastPausedAt(),
                export.deletedAt());
    }

    @Override
    public String toString() {
        return "ExportDraft[" + name + "]";
    }
}
