package dev.batchexports.server.api;

import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportRules;
import dev.batchexports.server.exports.ModelForm;
import dev.batchexports.server.monitor.ExportSummary;
import dev.batchexports.server.monitor.Overview;
import dev.batchexports.server.runs.IntervalState;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The state of a whole project at a glance, as the API shows it.
@Schema(name = "Overview", description = "All batch exports of a project, and how each of them fares.")
record OverviewAnswer(
        Instant at,
        long rowsLastDay,
        long bytesLastDay,
        long rowsDayBefore,

        @Schema(description = "Intervals of the past 30 days that have a completed run.")
        long completedIntervals,

        @Schema(description = "Intervals of the past 30 days that were to be exported.")
        long expectedIntervals,

        List<ExportAnswer> exports) {
    OverviewAnswer {
        exports = List.copyOf(exports);
    }

    @Schema(name = "ExportSummary")
    record ExportAnswer(
            UUID id,
            String name,
            @Schema(ref = "#/components/schemas/Model") Object model,
            String destinationType,

            @Schema(description = "Parameters without secrets.")
            Map<String, Object> destinationConfig,

            String interval,
            String timezone,
            @Nullable Integer offsetHour,
            @Nullable Integer offsetDay,
            @Nullable Instant startAt,
            @Nullable Instant endAt,

            @Schema(allowableValues = {"active", "paused", "ended"})
            String status,

            @Nullable String pauseReason,

            @Schema(
                    allowableValues = {"healthy", "failing", "late", "retrying", "paused", "ended", "waiting"},
                    description = "waiting: its first interval has not ended yet.")
            String health,

            @Schema(description = "States of the latest expected intervals, oldest first; at most 36.")
            List<String> strip,

            @Schema(description = "Start of the first interval of the strip.") @Nullable
            Instant stripStart,

            @Schema(description = "Up to when everything was exported by the newest completed run.") @Nullable
            Instant freshUntil,

            @Schema(description = "Intervals of the strip that are missing or failed.")
            int gaps,

            long rowsLastDay,
            long bytesLastDay,
            int activeRuns,
            int activeBackfills,
            RunAnswer.@Nullable ErrorAnswer latestError,
            @Nullable Instant nextRetryAt,
            @Nullable Instant nextRunAt) {
        static ExportAnswer of(ExportSummary summary, Instant now) {
            BatchExport export = summary.export();
            return new ExportAnswer(
                    export.id(),
                    export.name(),
                    ModelForm.describe(export.model()),
                    export.destination().type(),
                    export.destination().config(),
                    export.grid().frequency().toString(),
                    export.grid().zone().getId(),
                    ExportRules.takesOffsetHour(export.grid().frequency())
                            ? export.grid().offsetHour()
                            : null,
                    ExportRules.takesOffsetDay(export.grid().frequency())
                            ? export.grid().offsetDay()
                            : null,
                    export.startAt(),
                    export.endAt(),
                    export.status(now).word(),
                    export.pauseReason(),
                    summary.health().word(),
                    summary.strip().stream().map(IntervalState::word).toList(),
                    summary.stripStart(),
                    summary.freshUntil(),
                    summary.gaps(),
                    summary.figures().rows(),
                    summary.figures().bytes(),
                    summary.figures().activeRuns(),
                    summary.figures().activeBackfills(),
                    RunAnswer.ErrorAnswer.of(summary.latestError()),
                    summary.nextRetryAt(),
                    summary.nextRunAt());
        }
    }

    static OverviewAnswer of(Overview overview) {
        return new OverviewAnswer(
                overview.at(),
                overview.rows(),
                overview.bytes(),
                overview.previousRows(),
                overview.completedIntervals(),
                overview.expectedIntervals(),
                overview.exports().stream()
                        .map(summary -> ExportAnswer.of(summary, overview.at()))
                        .toList());
    }
}
