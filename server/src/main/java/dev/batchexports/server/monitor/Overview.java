package dev.batchexports.server.monitor;

import java.time.Instant;
import java.util.List;

/// A project at a glance.
///
/// @param completedIntervals how many of the expected ones of the past 30 days are completed
public record Overview(Instant at, List<ExportSummary> exports, long completedIntervals, long expectedIntervals) {
    public Overview {
        exports = List.copyOf(exports);
    }

    public long rows() {
        return exports.stream().mapToLong(export -> export.figures().rows()).sum();
    }

    public long bytes() {
        return exports.stream().mapToLong(export -> export.figures().bytes()).sum();
    }

    public long previousRows() {
        return exports.stream()
                .mapToLong(export -> export.figures().previousRows())
                .sum();
    }
}
