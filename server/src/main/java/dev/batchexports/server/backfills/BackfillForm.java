package dev.batchexports.server.backfills;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A backfill as a request holds it: nothing is validated yet but the types of its fields.
@Schema(name = "BackfillRequest", description = "The past intervals to export.")
public record BackfillForm(
        @Schema(
                description = "Snapped down to a boundary of the export's intervals; null for the earliest data.",
                example = "2026-11-01T00:00:00Z")
        @Nullable
        Instant startAt,

        @Schema(
                description = "Not in the future. Snapped up to a boundary of the export's intervals, but not past the"
                        + " last one that has ended, nor past the export's end_at.",
                example = "2026-11-02T00:00:00Z",
                requiredMode = Schema.RequiredMode.REQUIRED)
        @Nullable
        Instant endAt,

        @Schema(
                description = "all (the default) exports every interval, gaps only those without a completed run.",
                allowableValues = {"all", "gaps"})
        @Nullable
        String scope,

        @Schema(description = "How many runs at once; 2 by default.", minimum = "1", maximum = "50") @Nullable
        Integer concurrency) {}
