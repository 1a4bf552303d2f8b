package dev.batchexports.server.backfills;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a backfill would do.
@Schema(name = "BackfillPlan")
public record BackfillPlan(
        @Schema(description = "As snapped; the earliest data when none was given, null when there is none.") @Nullable
        Instant startAt,

        @Schema(description = "As snapped.") Instant endAt,

        @Schema(description = "How many intervals the range holds.")
        long intervals,

        @Schema(description = "How many of them the backfill would export.")
        long runs,

        @Schema(description = "Rows that these runs would export, as far as can be told now.")
        long rows,

        @Schema(description = "Their size, uncompressed and estimated.")
        long bytes,

        @Schema(description = "How many intervals of the range have a completed run.")
        long alreadyCompleted) {}
