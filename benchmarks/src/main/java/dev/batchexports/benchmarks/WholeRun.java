package dev.batchexports.benchmarks;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
        String export = exports.computeIfAbsent(prefix, key -> create(format, key));
        Meter meter = laboratory.meterOfWorker();
        Instant asked = Instant.now();
        JsonNode backfill = laboratory
                .api()
                .post(
                        export + "/backfills/",
                        Map.of(
                                "start_at", rows.interval().start().toString(),
                                "end_at", rows.interval().end().toString()));
        String path = export + "/backfills/" + backfill.get("id").asString() + "/";
        // As often as somebody looks: asking all the time would take the processor from the run.
        Waiting.until(
                "the end of the run",
                LONGEST,
                BETWEEN_LOOKS,
                () -> !status(path).equals("Running"));
        if (!status(path).equals("Completed")) {
            throw new IllegalStateException("The run ended as " + status(path));
        }
        Instant finished =
                Instant.parse(laboratory.api().get(path).get("finished_at").asString());
        return new Exported(meter.stop(), Duration.between(asked, finished));
    }

    private String status(String path) {
        String status = laboratory.api().get(path).get("status").asString();
        return status.equals("Starting") ? "Running" : status;
    }

    private String create(Format format, String prefix) {
        Map<String, Object> export = new LinkedHashMap<>();
        export.put("name", prefix);
        export.put("model", "events");
        export.put("destination", laboratory.destination(format, prefix));
        export.put("interval", "hour");
        export.put("settle_seconds", 0);
        return laboratory.api().post("", export).get("id").asString();
    }
}
