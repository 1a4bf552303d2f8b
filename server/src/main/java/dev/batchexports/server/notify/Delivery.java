package dev.batchexports.server.notify;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A message to a webhook and what became of it.
///
/// @param id the `webhook-id` that the receiver sees, the same in every attempt
/// @param attempts how many attempts there were
/// @param log the attempts, oldest first
public record Delivery(
        UUID id,
        UUID webhookId,
        String type,
        String body,
        Status status,
        int attempts,
        @Nullable Instant nextAttemptAt,
        Instant createdAt,
        @Nullable Instant finishedAt,
        List<DeliveryAttempt> log) {

    /// How far a delivery has come.
    public enum Status {
        PENDING("pending"),
        DELIVERED("delivered"),
        /// There will be no further attempt.
        FAILED("failed");

        private final String word;

        Status(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }

        static Status of(String word) {
            for (Status status : values()) {
                if (status.word.equals(word)) {
                    return status;
                }
            }
            throw new IllegalArgumentException("not a status of a delivery: " + word);
        }
    }
}
