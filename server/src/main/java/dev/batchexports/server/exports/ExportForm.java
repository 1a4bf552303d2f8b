package dev.batchexports.server.exports;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A batch export as a request holds it: nothing is validated yet but the types of its fields. What is
/// absent, or null, takes its default.
@Schema(
        name = "BatchExportRequest",
        description = "A batch export to create. Fields that only answers have are accepted and ignored, so that an"
                + " answer can be sent back; any other further field is refused.")
public record ExportForm(
        @Schema(description = "Of the export whose stored secrets a test may use. Ignored otherwise.") @Nullable
        UUID id,

        @Schema(description = "If given, the project of the path.") @Nullable
        Long projectId,

        @Schema(
                description = "How people call it.",
                pattern = "\\S",
                maxLength = NAME_LENGTH,
                requiredMode = Schema.RequiredMode.REQUIRED)
        @Nullable
        String name,

        @Schema(ref = "#/components/schemas/Model", requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
        JsonNode model,

        @Schema(requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
        Destination destination,

        @Schema(
                allowableValues = {
                    "hour",
                    "day",
                    "week",
                    "every 5 minutes",
                    "every 10 minutes",
                    "every 15 minutes",
                    "every 20 minutes",
                    "every 30 minutes"
                },
                requiredMode = Schema.RequiredMode.REQUIRED)
        @Nullable
        String interval,

        @Schema(
                description = "IANA time zone in which days and weeks begin; UTC by default.",
                example = "Europe/Berlin")
        @Nullable
        String timezone,

        @Schema(
                description = "The hour of the time zone at which a day or week begins; for these intervals only.",
                minimum = "0",
                maximum = "23")
        @Nullable
        Integer offsetHour,

        @Schema(
                description = "The day on which a week begins, from 0 for Sunday; for weeks only.",
                minimum = "0",
                maximum = "6")
        @Nullable
        Integer offsetDay,

        @Schema(description = "Conditions on properties that every exported row meets.") @Nullable
        List<JsonNode> filters,

        @Schema(description = "Names of the events to export; all when empty.") @Nullable
        List<String> includeEvents,

        @Schema(description = "Names of events to leave out.") @Nullable
        List<String> excludeEvents,

        @Nullable Boolean paused,

        @Schema(description = "The schedule starts with the first whole interval at or after it.") @Nullable
        Instant startAt,

        @Schema(description = "Nothing that landed at or after it is ever exported.") @Nullable
        Instant endAt,

        @Schema(
                allowableValues = {"append", "replace"},
                description = "append by default.")
        @Nullable
        String rerunMode,

        @Schema(
                allowableValues = {"report", "export"},
                description = "What happens to rows that became visible after the run of their interval: report counts"
                        + " and shows them; export also exports the interval again. report by default.")
        @Nullable
        String lateRows,

        @Schema(
                description = "How long a run waits after its interval has ended, so that rows still being written are"
                        + " seen; 30 by default.",
                minimum = "0",
                maximum = "3600")
        @Nullable
        Integer settleSeconds,

        @Schema(
                description = "How long a run retries before it fails; 86400 by default.",
                minimum = "1",
                maximum = "31536000")
        @Nullable
        Long giveUpAfterSeconds,

        @Schema(
                description = "How many runs in a row may fail before the export is paused, those of backfills left"
                        + " out; 10 by default, 0 for any number.",
                minimum = "0",
                maximum = "10000")
        @Nullable
        Integer pauseAfterFailures) {

    static final int NAME_LENGTH = 255;

    /// Fields that only answers have.
    static final Set<String> READ_ONLY = Set.of(
            "status",
            "pause_reason",
            "created_at",
            "last_updated_at",
            "last_paused_at",
            "latest_runs",
            "rows_late",
            "effects");

    /// @param config the parameters of the destination type, as `/api/destination_types/` describes them
    @Schema(name = "Destination")
    public record Destination(
            @Schema(
                    description = "One of those that /api/destination_types/ lists.",
                    example = "S3",
                    requiredMode = Schema.RequiredMode.REQUIRED)
            @Nullable
            String type,

            @Schema(
                    description = "The parameters of the destination type, as /api/destination_types/ describes them."
                            + " Answers leave secrets out.",
                    requiredMode = Schema.RequiredMode.REQUIRED)
            @Nullable
            Map<String, Object> config) {
        @Override
        public String toString() {
            return "Destination[" + type + "]";
        }
    }
}
