package dev.batchexports.server.api;

import dev.batchexports.server.notify.Delivery;
import dev.batchexports.server.notify.DeliveryAttempt;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A message to a webhook as the API shows it.
@Schema(name = "WebhookDelivery", description = "A message to a webhook, with its attempts.")
record DeliveryAnswer(
        @Schema(description = "The webhook-id that the receiver sees, the same in every attempt.")
        UUID id,

        @Schema(example = "batch_export.failing") String type,

        @Schema(allowableValues = {"pending", "delivered", "failed"})
        String status,

        @Schema(description = "The body of the request.") String body,

        int attemptsCount,
        @Nullable Instant nextAttemptAt,
        Instant createdAt,
        @Nullable Instant finishedAt,

        @Schema(description = "Oldest first.") List<AttemptAnswer> attempts) {

    @Schema(name = "WebhookAttempt")
    record AttemptAnswer(
            boolean delivered,
            Instant startedAt,
            long latencyMs,

            @Schema(description = "Null when there was no answer.") @Nullable
            Integer statusCode,

            @Schema(description = "How the body of the answer begins.")
            String responseExcerpt,

            @Schema(description = "What went wrong, in one sentence.") @Nullable
            String error) {
        static AttemptAnswer of(DeliveryAttempt attempt) {
            return new AttemptAnswer(
                    attempt.isDelivered(),
                    attempt.startedAt(),
                    attempt.latency().toMillis(),
                    attempt.statusCode(),
                    attempt.response(),
                    attempt.error().isEmpty() ? null : attempt.error());
        }
    }

    static DeliveryAnswer of(Delivery delivery) {
        return new DeliveryAnswer(
                delivery.id(),
                delivery.type(),
                delivery.status().word(),
                delivery.body(),
                delivery.attempts(),
                delivery.nextAttemptAt(),
                delivery.createdAt(),
                delivery.finishedAt(),
                delivery.log().stream().map(AttemptAnswer::of).toList());
    }
}
