package dev.batchexports.server.workflow;

import dev.batchexports.server.runs.RunError;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How a run ended.
///
/// @param error why it failed; null for a run that did not fail, and where no attempt has said why
public record FinishRequest(
        UUID runId, Outcome outcome, @Nullable RunError error) {
    public enum Outcome {
        COMPLETED,
        /// An error that no retry mends.
        FAILED,
        /// Retried for as long as the export wants.
        GAVE_UP,
        CANCELLED,
        /// Cancelled when everything was committed already.
        CANCELLED_TOO_LATE
    }
}
