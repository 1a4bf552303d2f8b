package dev.batchexports.core.destination;

import java.time.Duration;

/// What a worker grants to an open destination.
///
/// @param bufferBytes memory that one transfer may hold for bytes that are under way
/// @param requestTimeout how long one request to the destination may take
/// @param hosts resolves the hosts of endpoints that a user has named: what it returns was checked, and is what
///     to connect to
public record DestinationLimits(long bufferBytes, Duration requestTimeout, HostResolver hosts) {
    /// Without a guard on hosts.
    public DestinationLimits(long bufferBytes, Duration requestTimeout) {
        this(bufferBytes, requestTimeout, HostResolver.unguarded());
    }

    public DestinationLimits withHosts(HostResolver guarded) {
        return new DestinationLimits(bufferBytes, requestTimeout, guarded);
    }

    public static DestinationLimits standard() {
        return new DestinationLimits(20L << 20, Duration.ofMinutes(2));
    }
}
