package dev.batchexports.core.destination;

import java.time.Duration;

/// What a worker grants to an open destination.
///
/// @param bufferBytes memory that one transfer may hold for bytes that are under way
/// @param requestTimeout how long one request to the destination may take
public record DestinationLimits(long bufferBytes, Duration requestTimeout) {
    public static DestinationLimits standard() {
        return new DestinationLimits(32L << 20, Duration.ofMinutes(2));
    }
}
