package dev.batchexports.benchmarks;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A run as users have it: asked for through the API, executed by a worker through Temporal and the database, and
/// finished when it is committed, verified and shown as completed.
final class WholeRun implements Contender {
    static final String NAME = "Batch Exports: whole run";

    private static final Duration LONGEST = Duration.ofMinutes(30);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

    private final Laboratory laboratory;
    private final Map<String, String> exports = new HashMap<>();

    WholeRun(Laboratory laboratory) {
        this.laboratory = laboratory;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean writes(Format format) {
        return true;
    }

    @Override
    public Exported export(Format format, Rows rows, String prefix) throws InterruptedException {
        String export = exports.computeIfAbsent(prefix, key -> laboratory.hourlyExport(format, key));
        Meter meter = laboratory.meterOfWorker();
        Instant asked = Instant.now();
        String path = laboratory.backfill(export, rows.interval());
        // As often as somebody looks: asking all the time would take the processor from the run.
        Waiting.until("the end of the run", LONGEST, BETWEEN_LOOKS, () -> !laboratory.isUnderWay(path));
        JsonNode backfill = laboratory.api().get(path);
        String status = backfill.get("status").asString();
        if (!status.equals("Completed")) {
            throw new IllegalStateException("The run ended as " + status);
        }
        Instant finished = Instant.parse(backfill.get("finished_at").asString());
        return new Exported(meter.stop(), Duration.between(asked, finished));
    }
}
