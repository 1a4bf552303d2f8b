package dev.batchexports.server.notify;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One attempt to deliver a message.
///
/// @param statusCode null when there was no answer
/// @param response how the body of the answer begins
/// @param error what went wrong, in one sentence; empty when it was delivered
public record DeliveryAttempt(
        Instant startedAt, Duration latency, @Nullable Integer statusCode, String response, String error) {
    public boolean isDelivered() {
        return error.isEmpty();
    }
}
