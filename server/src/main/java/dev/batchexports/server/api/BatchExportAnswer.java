package dev.batchexports.server.api;

import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportRules;
import dev.batchexports.server.exports.FilterForm;
import dev.batchexports.server.exports.ModelForm;
import dev.batchexports.server.runs.Run;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A batch export as the API shows it: never with a secret.
@Schema(name = "BatchExport", description = "A model, a destination, an interval and their state.")
record BatchExportAnswer(
        UUID id,
        String name,
        long projectId,
        @Schema(ref = "#/components/schemas/Model") Object model,
        DestinationAnswer destination,
        @Schema(example = "hour") String interval,
        @Schema(example = "Europe/Berlin") String timezone,

        @Schema(description = "Null for intervals shorter than a day.") @Nullable
        Integer offsetHour,

        @Schema(description = "Null for intervals shorter than a week.") @Nullable
        Integer offsetDay,

        @ArraySchema(schema = @Schema(ref = "#/components/schemas/Filter"))
        List<Map<String, Object>> filters,

        List<String> includeEvents,
        List<String> excludeEvents,
        boolean paused,

        @Schema(allowableValues = {"active", "paused", "ended"})
        String status,

        @Schema(description = "Why the export was paused, unless by a user.") @Nullable
        String pauseReason,

        @Nullable Instant startAt,
        @Nullable Instant endAt,

        @Schema(allowableValues = {"append", "replace"}) String rerunMode,

        @Schema(allowableValues = {"report", "export"}) String lateRows,

        long settleSeconds,
        long giveUpAfterSeconds,

        @Schema(description = "How many failed runs in a row pause the export; 0 for any number.")
        int pauseAfterFailures,

        Instant createdAt,
        Instant lastUpdatedAt,
        @Nullable Instant lastPausedAt,

        @Schema(description = "The latest runs, newest first; at most 10.")
        List<RunAnswer> latestRuns,

        @Schema(description = "Rows that became visible after their interval was read, and are not exported.")
        long rowsLate,

        @Schema(description = "What the change that this answers means for past and future; empty otherwise.")
        List<String> effects) {

    static final int LATEST_RUNS = 10;

    /// @param config without secrets
    @Schema(name = "DestinationWithoutSecrets")
    record DestinationAnswer(@Schema(example = "S3") String type, Map<String, Object> config) {}

    /// @param latestRuns newest first
    /// @param rowsLate that are not exported
    /// @param effects of the change that this answers
    static BatchExportAnswer of(
            BatchExport export, List<Run> latestRuns, long rowsLate, List<String> effects, Instant now) {
        IntervalGrid grid = export.grid();
        return new BatchExportAnswer(
                export.id(),
                export.name(),
                export.projectId(),
                ModelForm.describe(export.model()),
                new DestinationAnswer(
                        export.destination().type(), export.destination().config()),
                grid.frequency().toString(),
                grid.zone().getId(),
                ExportRules.takesOffsetHour(grid.frequency()) ? grid.offsetHour() : null,
                ExportRules.takesOffsetDay(grid.frequency()) ? grid.offsetDay() : null,
                FilterForm.describe(export.filters()),
                export.includeEvents(),
                export.excludeEvents(),
                export.paused(),
                export.status(now).word(),
                export.pauseReason(),
                export.startAt(),
                export.endAt(),
                export.rerunMode().word(),
                export.lateRows().word(),
                export.settle().toSeconds(),
                export.giveUpAfter().toSeconds(),
                export.pauseAfterFailures(),
                export.createdAt(),
                export.lastUpdatedAt(),
                export.lastPausedAt(),
                latestRuns.stream().map(RunAnswer::of).toList(),
                rowsLate,
                effects);
    }
}
