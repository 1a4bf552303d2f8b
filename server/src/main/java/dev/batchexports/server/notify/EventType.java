package dev.batchexports.server.notify;

import java.util.Arrays;
import java.util.Optional;

/// What is told, each once per change of state.
public enum EventType {
    /// A run of the schedule has failed and the one before had not.
    FAILING("batch_export.failing"),
    /// A run has completed and the one before had failed.
    RECOVERED("batch_export.recovered"),
    /// Too many runs in a row have failed.
    PAUSED("batch_export.paused"),
    /// An interval has no completed run although it should have.
    GAP_FOUND("batch_export.gap_found"),
    BACKFILL_FINISHED("backfill.finished"),
    /// Somebody wants to know whether it arrives.
    TEST("webhook.test");

    private final String word;

    EventType(String word) {
        this.word = word;
    }

    /// As it stands in the API and in messages.
    public String word() {
        return word;
    }

    /// The type that a webhook can be restricted to.
    public static Optional<EventType> ofSubscription(String word) {
        return Arrays.stream(values())
                .filter(type -> type != TEST && type.word.equals(word))
                .findFirst();
    }
}
