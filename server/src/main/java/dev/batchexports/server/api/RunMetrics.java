package dev.batchexports.server.api;

import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.runs.RunFigures;
import dev.batchexports.server.runs.RunFigures.Figure;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
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
    private final List<String> types;
    private final MeterRegistry registry;
    private final MultiGauge unfinished;
    private final Clock clock;
    private Instant counted;

    RunMetrics(RunFigures figures, DestinationCatalog catalog, MeterRegistry registry, Clock clock) {
        this.figures = figures;
        this.types = catalog.types().stream().map(DestinationType::name).toList();
        this.registry = registry;
        this.clock = clock;
        this.counted = clock.instant().minus(DELAY);
        this.unfinished = MultiGauge.builder("batch_exports.runs.unfinished")
                .description("Runs that are not finished")
                .register(registry);
        // A counter that came to be with its first run would hide it: an increase is seen between two values only.
        zeros(RunStatus::isFinished).forEach(this::count);
        gauge(zeros(status -> !status.isFinished()));
    }

    /// Brings the metrics up to date, unless they were so a moment ago.
    synchronized void refresh() {
        Instant now = clock.instant().minus(DELAY);
        if (now.isBefore(counted.plus(PRECISION))) {
            return;
        }
        try {
            List<Figure> current = figures.unfinished();
            Stream<Figure> others = zeros(status -> !status.isFinished())
                    .filter(zero ->
                            current.stream().noneMatch(figure -> tags(figure).equals(tags(zero))));
            gauge(Stream.concat(current.stream(), others));
            figures.finished(counted, now).forEach(this::count);
            counted = now;
        } catch (DataAccessException e) {
            LOG.warn("metrics of runs are not up to date: {}", e.getMessage());
        }
    }

    private void gauge(Stream<Figure> current) {
        unfinished.register(
                current.map(figure -> MultiGauge.Row.of(tags(figure), figure.runs()))
                        .toList(),
                true);
    }

    private void count(Figure figure) {
        registry.counter("batch_exports.runs.finished", tags(figure)).increment((double) figure.runs());
        Tags type = Tags.of("type", figure.destinationType());
        registry.counter("batch_exports.rows", type).increment((double) figure.rows());
        registry.counter("batch_exports.bytes", type).increment((double) figure.bytes());
    }

    private Stream<Figure> zeros(Predicate<RunStatus> which) {
        return types.stream()
                .flatMap(type -> Arrays.stream(RunStatus.values())
                        .filter(which)
                        .map(status -> new Figure(type, status, 0, 0, 0)));
    }

    private static Tags tags(Figure figure) {
        return Tags.of(
                "type", figure.destinationType(), "status", figure.status().word());
    }
}
