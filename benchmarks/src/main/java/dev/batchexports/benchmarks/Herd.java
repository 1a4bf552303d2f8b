package dev.batchexports.benchmarks;

import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.sample.ClickHouseEndpoint;
import dev.batchexports.embedded.sample.SampleData;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/// Many exports that fire at the same moment, each with the same thousand rows: whether all complete, how long they
/// wait for their turn, and what memory the processes need.
final class Herd {
    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final Duration LONGEST = Duration.ofMinutes(20);
    private static final long ROWS = 1000;
    private static final int SAMPLE = 5;

    private final Laboratory laboratory;
    private final Consumer<String> progress;

    Herd(Laboratory laboratory, Consumer<String> progress) {
        this.laboratory = laboratory;
        this.progress = progress;
    }

    /// @throws IllegalStateException if not all runs complete
    String run(int exports) throws InterruptedException {
        Instant boundary;
        try (SampleData sample = new SampleData(ClickHouseEndpoint.of(laboratory.connections()), (done, total) -> {})) {
            Instant yesterday = Instant.now().minus(Duration.ofDays(1));
            // Makes the table, without which no export can be created.
            sample.addEvenly(yesterday, yesterday.plus(INTERVAL), ROWS);
            // All are to be there when it comes.
            boundary = boundaryAfter(Instant.now().plus(timeToCreate(exports)));
            sample.addEvenly(boundary.minus(INTERVAL), boundary, Math.round(ROWS / 0.7));
        }
        for (int number = 0; number < exports; number++) {
            create("herd " + number, boundary);
        }
        if (Instant.now().isAfter(boundary)) {
            throw new IllegalStateException("The moment came before all exports were there: the machine is too busy.");
        }
        progress.accept("%d exports fire at %s".formatted(exports, boundary));
        Meter worker = laboratory.meterOfWorker();
        Meter server = laboratory.meterOfServer();
        Meter temporal = laboratory.meterOf(Component.TEMPORAL);
        Meter engine = laboratory.meterOf(Component.CLICKHOUSE);
        try (Metadata metadata = new Metadata(laboratory)) {
            String condition = " FROM runs WHERE scheduled_at = '" + boundary + "'";
            Waiting.until("the end of all runs", LONGEST, () -> {
                List<String> counts = metadata.query(
                                "SELECT count(DISTINCT batch_export_id), count(*) - count(finished_at)" + condition)
                        .getFirst();
                return counts.equals(List.of(Integer.toString(exports), "0"));
            });
            String completed = metadata.query("SELECT count(*)" + condition + " AND status = 'Completed'")
                    .getFirst()
                    .getFirst();
            String rows = metadata.query("SELECT sum(records_completed)" + condition)
                    .getFirst()
                    .getFirst();
            StringBuilder text = new StringBuilder();
            text.append("%d exports, %s of them completed, %s rows%n".formatted(exports, completed, rows));
            delay(text, metadata, condition, "created_at", "taken up");
            delay(text, metadata, condition, "started_at", "begun to plan");
            delay(text, metadata, condition, "finished_at", "completed");
            usage(text, "worker", worker.stop());
            usage(text, "server", server.stop());
            usage(text, "Temporal", temporal.stop());
            usage(text, "engine", engine.stop());
            if (!completed.equals(Integer.toString(exports))) {
                throw new IllegalStateException(text.toString());
            }
            return text.toString();
        }
    }

    /// An export of a single interval: what fires later would only disturb the measurement.
    private void create(String name, Instant boundary) {
        Map<String, Object> export = new LinkedHashMap<>();
        export.put("name", name);
        export.put("model", "events");
        export.put("destination", laboratory.destination(Format.JSON_GZIP, name.replace(' ', '-')));
        export.put("interval", "every 60 seconds");
        export.put("settle_seconds", 0);
        export.put("start_at", boundary.minus(INTERVAL).toString());
        export.put("end_at", boundary.toString());
        laboratory.api().post("", export);
    }

    /// How long it takes to create so many exports, with half of it in reserve.
    private Duration timeToCreate(int exports) {
        Instant farAway = boundaryAfter(Instant.now().plus(Duration.ofDays(1)));
        create("warm-up", farAway);
        long began = System.nanoTime();
        for (int number = 0; number < SAMPLE; number++) {
            create("sample " + number, farAway);
        }
        Duration each = Duration.ofNanos(System.nanoTime() - began).dividedBy(SAMPLE);
        return each.multipliedBy(exports).multipliedBy(3).dividedBy(2).plus(Duration.ofSeconds(5));
    }

    private static Instant boundaryAfter(Instant time) {
        long seconds = INTERVAL.toSeconds();
        return Instant.ofEpochSecond((time.getEpochSecond() / seconds + 1) * seconds);
    }

    private static void delay(StringBuilder text, Metadata metadata, String condition, String column, String title) {
        List<String> delays = metadata.query("""
                        SELECT percentile_cont(array[0, 0.5, 0.95, 1])
                            WITHIN GROUP (ORDER BY extract(epoch FROM %s - scheduled_at))::numeric(10, 1)[]
                        """.formatted(column) + condition).getFirst();
        text.append("  %-16s after the moment, s: least, median, 95 %%, most %s%n".formatted(title, delays.getFirst()));
    }

    private static void usage(StringBuilder text, String process, Usage usage) {
        text.append(String.format(
                Locale.ROOT,
                "  %-16s %8.1f s of CPU, peak %.0f MB%n",
                process,
                usage.cpuSeconds(),
                usage.peakBytes() / 1e6));
    }
}
