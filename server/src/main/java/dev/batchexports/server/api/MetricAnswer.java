package dev.batchexports.server.api;

import dev.batchexports.server.monitor.RunMetric;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Duration;
import java.time.Instant;

/// What an interval took, as the API shows it.
@Schema(name = "Metric", description = "Of the latest completed run of an interval.")
record MetricAnswer(
        Instant dataIntervalStart,
        Instant dataIntervalEnd,
        long rows,
        long bytes,

        @Schema(description = "Of the stage that needed most.")
        int attempts,

        @Schema(description = "From the start of the run to its end.")
        double durationSeconds,

        @Schema(description = "From the end of the interval to the end of the run.")
        double lagSeconds) {
    private static final double MILLISECONDS = 1_000;

    static MetricAnswer of(RunMetric metric) {
        return new MetricAnswer(
                metric.interval().start(),
                metric.interval().end(),
                metric.rows(),
                metric.bytes(),
                metric.attempts(),
                seconds(metric.startedAt(), metric.finishedAt()),
                seconds(metric.interval().end(), metric.finishedAt()));
    }

    private static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toMillis() / MILLISECONDS;
    }
}
