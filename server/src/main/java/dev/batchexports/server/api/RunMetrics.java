package dev.batchexports.server.api;

import dev.batchexports.server.runs.RunFigures;
import dev.batchexports.server.runs.RunFigures.Figure;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/// Metrics of the runs of all workers, from the database: how many are under way, and what has finished
/// since this process started. With several API processes each one counts everything.
@Component
class RunMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(RunMetrics.class);
    private static final Duration PRECISION = Duration.ofSeconds(5);
    /// A run that finished this long ago is in the database, whatever the clocks of workers say.
    private static final Duration DELAY = Duration.ofSeconds(5);

    private final RunFigures figures;
    private final MeterRegistry registry;
    private final MultiGauge unfinished;
    private final Clock clock;
    private Instant counted;

    RunMetrics(RunFigures figures, MeterRegistry registry, Clock clock) {
        this.figures = figures;
        this.registry = registry;
        this.clock = clock;
        this.counted = clock.instant().minus(DELAY);
        this.unfinished = MultiGauge.builder("batch_exports.runs.unfinished")
                .description("Runs that are not finished")
                .register(registry);
    }

    /// Brings the metrics up to date, unless they were so a moment ago.
    synchronized void refresh() {
        Instant now = clock.instant().minus(DELAY);
        if (now.isBefore(counted.plus(PRECISION))) {
            return;
        }
        try {
            unfinished.register(
                    figures.unfinished().stream()
                            .map(figure -> MultiGauge.Row.of(tags(figure), figure.runs()))
                            .toList(),
                    true);
            for (Figure figure : figures.finished(counted, now)) {
                registry.counter("batch_exports.runs.finished", tags(figure)).increment((double) figure.runs());
                Tags type = Tags.of("type", figure.destinationType());
                registry.counter("batch_exports.rows", type).increment((double) figure.rows());
                registry.counter("batch_exports.bytes", type).increment((double) figure.bytes());
            }
            counted = now;
        } catch (DataAccessException e) {
            LOG.warn("metrics of runs are not up to date: {}", e.getMessage());
        }
    }

    private static Tags tags(Figure figure) {
        return Tags.of(
                "type", figure.destinationType(), "status", figure.status().word());
    }
}
