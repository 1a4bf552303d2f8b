package dev.batchexports.server.runs;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A log line of an export or of one of its runs.
///
/// @param id grows with time; the cursor of a page
public record LogLine(
        long id,
        UUID exportId,
        @Nullable UUID runId,
        Instant timestamp,
        LogLevel level,
        String stage,
        String message) {}
