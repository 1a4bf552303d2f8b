package dev.batchexports.server.monitor;

import dev.batchexports.core.interval.Interval;
import java.time.Instant;

/// What the latest completed run of an interval took.
public record RunMetric(
        Interval interval, long rows, long bytes, int attempts, Instant startedAt, Instant finishedAt) {}
