package dev.batchexports.benchmarks;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.sample.ClickHouseEndpoint;
import dev.batchexports.embedded.sample.SampleData;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.history.v1.HistoryEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// What a run costs however few rows it has: time, CPU of every process, Temporal events, statements at the database,
/// requests to S3 and queries at ClickHouse.
final class RunCost {
    private static final long FEW_ROWS = 1000;
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private final Laboratory laboratory;
    private final int runs;
    private final int warmUp;
    private final Consumer<String> progress;

    /// @param runs how many are measured
    /// @param warmUp how many come before them: a worker compiles its code while it works
    RunCost(Laboratory laboratory, int runs, int warmUp, Consumer<String> progress) {
        this.laboratory = laboratory;
        this.runs = runs;
        this.warmUp = warmUp;
        this.progress = progress;
    }

    void run() throws IOException, InterruptedException {
        Connections connections = laboratory.connections();
        Instant start = Instant.now().truncatedTo(ChronoUnit.HOURS).minus(5, ChronoUnit.HOURS);
        try (SampleData sample = new SampleData(ClickHouseEndpoint.of(connections), (done, total) -> {})) {
            sample.addEvenly(start, start.plus(1, ChronoUnit.HOURS), Math.round(FEW_ROWS / 0.7));
        }
        try (RequestCounter store = new RequestCounter(connections.s3Endpoint());
                Metadata metadata = new Metadata(laboratory)) {
            metadata.logStatements();
            progress.accept(measure("empty interval", start.minus(3, ChronoUnit.HOURS), store, metadata));
            progress.accept(measure("about " + FEW_ROWS + " rows", start, store, metadata));
        }
    }

    private String measure(String title, Instant start, RequestCounter store, Metadata metadata)
            throws InterruptedException {
        Map<String, Object> config = laboratory.configuration(Format.JSON_GZIP, "cost-" + start);
        config.put("endpoint_url", store.url());
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("name", title);
        body.put("model", "events");
        body.put("destination", Map.of("type", "S3", "config", config));
        body.put("interval", "hour");
        body.put("settle_seconds", 0);
        String export = laboratory.api().post("", body).get("id").asString();
        String _ = laboratory.backfill(export, new Interval(start, start.plus(1, ChronoUnit.HOURS)));
        String run = completed(metadata, export, 1);
        for (int number = 0; number < warmUp; number++) {
            run = retry(metadata, export, run, number + 2);
        }
        Map<String, Long> _ = store.take();
        long queries = queries();
        long log = metadata.logLength();
        long stored = stored(metadata);
        Meter worker = laboratory.meterOfWorker();
        Meter server = laboratory.meterOfServer();
        Meter temporal = laboratory.meterOf(Component.TEMPORAL);
        Meter postgres = laboratory.meterOf(Component.POSTGRES);
        Meter engine = laboratory.meterOf(Component.CLICKHOUSE);
        Meter s3 = laboratory.meterOf(Component.S3);
        long began = System.nanoTime();
        for (int number = 0; number < runs; number++) {
            run = retry(metadata, export, run, number + 2 + warmUp);
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        StringBuilder text =
                new StringBuilder(title).append(", for each of ").append(runs).append(" runs:\n");
        line(text, "time, ms", seconds * 1000);
        Usage used = worker.stop();
        line(text, "CPU ms: worker", used.cpuSeconds() * 1000);
        line(text, "  of which it compiles its own code", worker.compilerSeconds() * 1000);
        line(text, "CPU ms: server", server.stop().cpuSeconds() * 1000);
        line(text, "CPU ms: Temporal", temporal.stop().cpuSeconds() * 1000);
        line(text, "CPU ms: PostgreSQL", postgres.stop().cpuSeconds() * 1000);
        line(text, "CPU ms: engine", engine.stop().cpuSeconds() * 1000);
        line(text, "CPU ms: S3 server", s3.stop().cpuSeconds() * 1000);
        line(text, "statements in the engine", (double) (queries() - queries));
        line(text, "bytes in PostgreSQL", (double) (stored(metadata) - stored));
        Map<String, Long> requests = store.take();
        line(text, "connections to S3", (double) requests.getOrDefault("connections", 0L));
        requests.remove("connections");
        line(
                text,
                "requests to S3",
                requests.values().stream().mapToDouble(Long::doubleValue).sum());
        requests.forEach((kind, count) -> line(text, "  " + kind, count.doubleValue()));
        // What counts these, and what the server does for itself, is not the run's.
        List<String> statements = metadata.statements(log).stream()
                .filter(statement -> !statement.contains("benchmark:"))
                .toList();
        line(text, "statements at PostgreSQL", statements.size());
        Map<String, Long> kinds = statements.stream()
                .collect(Collectors.groupingBy(
                        statement -> statement.substring(0, Math.min(90, statement.length())),
                        TreeMap::new,
                        Collectors.counting()));
        kinds.forEach((kind, count) -> line(text, "  " + kind, count.doubleValue()));
        text.append(history(metadata, run));
        return text.toString();
    }

    private void line(StringBuilder text, String name, double sum) {
        text.append(String.format(Locale.ROOT, "  %-60s %8.1f%n", name, sum / runs));
    }

    private String retry(Metadata metadata, String export, String run, int count) throws InterruptedException {
        // A run shows as completed a moment before its workflow has ended.
        Waiting.until(
                "that the interval is free",
                LONGEST,
                () -> laboratory.api().accepts(export + "/runs/" + run + "/retry/", Map.of()));
        return completed(metadata, export, count);
    }

    /// Waits until an export has this many completed runs.
    private static String completed(Metadata metadata, String export, int count) throws InterruptedException {
        String condition = " /* benchmark: */ FROM runs WHERE batch_export_id = '" + export + "'";
        Waiting.until(
                "the end of a run",
                LONGEST,
                () -> metadata.query("SELECT count(*)" + condition + " AND status = 'Completed'")
                        .equals(List.of(List.of(Integer.toString(count)))));
        return metadata.query("SELECT id" + condition + " ORDER BY generation DESC LIMIT 1")
                .getFirst()
                .getFirst();
    }

    private long queries() {
        return Long.parseLong(laboratory.clickhouse().run("SELECT value FROM system.events WHERE event = 'Query'"));
    }

    private static long stored(Metadata metadata) {
        return Long.parseLong(metadata.query("SELECT pg_database_size(current_database()) /* benchmark: */")
                .getFirst()
                .getFirst());
    }

    private String history(Metadata metadata, String run) {
        List<String> workflow = metadata.query(
                        "SELECT workflow_id, workflow_run_id /* benchmark: */ FROM runs WHERE id = '" + run + "'")
                .getFirst();
        List<HistoryEvent> history = laboratory.history(workflow.getFirst(), workflow.getLast());
        Map<EventType, Long> events = history.stream()
                .collect(Collectors.groupingBy(HistoryEvent::getEventType, TreeMap::new, Collectors.counting()));
        StringBuilder text = new StringBuilder("  Temporal events of a run: %d, %d bytes%n"
                .formatted(
                        history.size(),
                        history.stream()
                                .mapToInt(HistoryEvent::getSerializedSize)
                                .sum()));
        events.forEach((type, count) -> text.append("    %-58s %8d%n".formatted(type, count)));
        return text.toString();
    }
}
