package dev.batchexports.server.monitor;

import java.time.Instant;
import java.util.Map;

/// A version of an export's configuration.
///
/// @param settings all of them, without secrets
public record ConfigurationChange(long version, Instant changedAt, Map<String, Object> settings) {
    public ConfigurationChange {
        settings = Map.copyOf(settings);
    }
}
