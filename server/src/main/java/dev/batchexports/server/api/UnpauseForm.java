package dev.batchexports.server.api;

import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/// What happens when an export is unpaused, as a request holds it.
@Schema(name = "UnpauseRequest")
record UnpauseForm(
        @Schema(description = "Whether a backfill is to export what was missed; false by default.") @Nullable
        Boolean backfill) {}
