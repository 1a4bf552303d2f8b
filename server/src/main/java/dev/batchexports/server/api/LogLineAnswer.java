package dev.batchexports.server.api;

import dev.batchexports.server.runs.LogLine;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A log line as the API shows it.
@Schema(name = "LogLine")
record LogLineAnswer(
        Instant timestamp,

        @Schema(allowableValues = {"DEBUG", "INFO", "WARNING", "ERROR"})
        String level,

        String stage,
        String message,
        @Nullable UUID runId) {
    static LogLineAnswer of(LogLine line) {
        return new LogLineAnswer(line.timestamp(), line.level().word(), line.stage(), line.message(), line.runId());
    }
}
