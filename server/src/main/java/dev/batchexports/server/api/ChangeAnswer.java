package dev.batchexports.server.api;

import dev.batchexports.server.monitor.ConfigurationChange;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.Map;

/// A version of an export's configuration, as the API shows it.
@Schema(name = "ConfigurationVersion")
record ChangeAnswer(
        long version,
        Instant changedAt,

        @Schema(description = "All settings of this version that have a value; never a secret.")
        Map<String, Object> settings) {
    static ChangeAnswer of(ConfigurationChange change) {
        return new ChangeAnswer(change.version(), change.changedAt(), change.settings());
    }
}
