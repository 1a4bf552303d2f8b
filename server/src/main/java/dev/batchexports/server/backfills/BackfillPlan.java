package dev.batchexports.server.backfills;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a backfill would do.
@Schema(name = "BackfillPlan")
public record BackfillPlan(
        @Schema(description = "As snapped; the earliest data when none was given, null when there is none.") @Nullable
        Instant startAt,

        @Schema(description = "As snapped, and cut to what can be exported.")
        Instant endAt,

        @Schema(description = "How many intervals the range holds.")
        long intervals,

        @Schema(description = "How many of them the backfill would export, those without rows included.")
        long runs,

        @Schema(description = "How many of these hold no rows: they take no time. Null where that is not known.")
        @Nullable
        Long emptyRuns,

        @Schema(description = "Rows that these runs would export, as far as can be told now.")
        long rows,

        @Schema(description = "Their size, uncompressed and estimated.")
        long bytes,

        @Schema(description = "How many intervals of the range have a completed run.")
        long alreadyCompleted,

        @Schema(description = "Where these intervals lie, oldest first; at most 1000 ranges.")
        List<CompletedRange> completedRanges,

        @Schema(description = "Whether there are more of these ranges.")
        boolean completedRangesCut,

        @Schema(description = "How the range differs from what was asked for, and why.")
        List<Note> notes) {

    /// Intervals without a break between them that have a completed run.
    @Schema(name = "BackfillCompletedRange")
    public record CompletedRange(Instant startAt, Instant endAt, long intervals) {}

    /// @param code for programs
    /// @param message for people
    @Schema(name = "BackfillNote")
    public record Note(
            @Schema(
                    allowableValues = {
                        "start_snapped",
                        "start_is_earliest_data",
                        "no_data",
                        "end_snapped",
                        "end_cut_to_export_end",
                        "end_cut_to_last_interval"
                    })
            String code,

            String message) {}
}
