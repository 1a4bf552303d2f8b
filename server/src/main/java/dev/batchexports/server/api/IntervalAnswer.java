package dev.batchexports.server.api;

import dev.batchexports.server.runs.ExpectedInterval;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An expected interval as the API shows it.
@Schema(name = "Interval", description = "An interval that was to be exported, and what became of it.")
record IntervalAnswer(
        Instant dataIntervalStart,
        Instant dataIntervalEnd,

        @Schema(
                allowableValues = {"completed", "running", "failed", "missing", "skipped", "upcoming"},
                description = "skipped: it ended while the export was paused. missing: no run, or runs of a part of it"
                        + " only.")
        String state,

        @Schema(description = "The run that decides the state.") @Nullable
        UUID runId,

        @Nullable Long rows,

        @Schema(description = "Rows that became visible after the interval was read, and are not exported.")
        long rowsLate) {
    static IntervalAnswer of(ExpectedInterval expected) {
        return new IntervalAnswer(
                expected.interval().start(),
                expected.interval().end(),
                expected.state().word(),
                expected.runId(),
                expected.rows(),
                expected.rowsLate());
    }
}
