package dev.batchexports.benchmarks;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A run as users have it: asked for through the API, executed by a worker through Temporal and the database, and
/// finished when it is committed, verified and shown as completed.
final class WholeRun implements Contender {
    static final String NAME = "Batch Exports: whole run";

    private static final Duration LONGEST = Duration.ofMinutes(30);

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
    public Usage export(Format format, Rows rows, String prefix) throws InterruptedException {
        String export = exports.computeIfAbsent(prefix, key -> create(format, key));
        Meter meter = laboratory.meterOfWorker();
        JsonNode backfill = laboratory
                .api()
                .post(
                        export + "/backfills/",
                        Map.of(
                                "start_at", rows.interval().start().toString(),
                                "end_at", rows.interval().end().toString()));
        String path = export + "/backfills/" + backfill.get("id").asString() + "/";
        Waiting.until("the end of the run", LONGEST, () -> !status(path).equals("Running"));
        if (!status(path).equals("Completed")) {
            throw new IllegalStateException("The run ended as " + status(path));
        }
        return meter.stop();
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
