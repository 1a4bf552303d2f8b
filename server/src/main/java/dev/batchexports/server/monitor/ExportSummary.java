package dev.batchexports.server.monitor;

import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.IntervalState;
import dev.batchexports.server.runs.RunError;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An export and how it fares.
///
/// @param strip states of its latest expected intervals, oldest first
/// @param freshUntil the end of the newest interval that is completed
/// @param gaps how many intervals of the strip are missing or failed
/// @param latestError of the run that makes it fail or retry
public record ExportSummary(
        BatchExport export,
        Health health,
        List<IntervalState> strip,
        @Nullable Instant stripStart,
        @Nullable Instant freshUntil,
        int gaps,
        Figures figures,
        @Nullable RunError latestError,
        @Nullable Instant nextRetryAt,
        @Nullable Instant nextRunAt) {
    public ExportSummary {
        strip = List.copyOf(strip);
    }
}
