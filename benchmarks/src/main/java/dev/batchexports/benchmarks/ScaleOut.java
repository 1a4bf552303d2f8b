package dev.batchexports.benchmarks;

import io.temporal.api.history.v1.HistoryEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// One big interval, exported by more and more workers on the same task queue, and by workers that come and go in the
/// middle of it: how its slices are spread, how long it takes, and that the files hold exactly the rows each time.
final class ScaleOut {
    private static final Format FORMAT = Format.JSON_GZIP;
    private static final Duration LONGEST = Duration.ofMinutes(15);
    private static final String PREFIX = "scale-out";

    /// How the interval is cut and shared. A worker takes two slices at once, as one with two cores to itself would.
    private static final int SLICES = 24;

    private final Laboratory laboratory;
    private final Rows rows;
    private final Consumer<String> progress;
    private final Map<Long, String> names = new LinkedHashMap<>();

    /// @param laboratory opened with [#settings]
    ScaleOut(Laboratory laboratory, Rows rows, Consumer<String> progress) {
        this.laboratory = laboratory;
        this.rows = rows;
        this.progress = progress;
        names.put(laboratory.workerPid(), "worker 1");
    }

    /// What server and workers have to be started with.
    ///
    /// @param wanted rows of the interval, at about 1 kB each
    static Map<String, String> settings(long wanted) {
        String bytes = Long.toString(Math.max(100_000, wanted * 1050 / SLICES));
        return Map.of(
                "BX_WORKER_SLICE_BYTES",
                bytes,
                "BX_WORKER_LEAST_SLICE_BYTES",
                bytes,
                "BX_WORKER_SLICES_PER_RUN",
                "8",
                "BX_WORKER_CONCURRENT_SLICES",
                "2");
    }

    /// @throws IllegalStateException if a run does not complete, or with other rows
    void run(List<Integer> counts) throws InterruptedException {
        String export = laboratory.hourlyExport(FORMAT, PREFIX);
        List<JavaProcess> further = new ArrayList<>();
        try {
            // Its code is compiled by then.
            Run _ = run(export, Change.NONE, further);
            for (int count : counts) {
                while (further.size() + 1 < count) {
                    further.add(start());
                }
                progress.accept(describe("%d %s".formatted(count, count == 1 ? "worker" : "workers"), export, further));
            }
            progress.accept(describe("one is killed and one is added meanwhile", export, further, Change.COME_AND_GO));
        } finally {
            further.forEach(JavaProcess::close);
        }
    }

    private enum Change {
        NONE,
        COME_AND_GO
    }

    /// @param seconds until it was shown as completed
    private record Run(double seconds, JsonNode shown) {}

    private String describe(String title, String export, List<JavaProcess> further) throws InterruptedException {
        return describe(title, export, further, Change.NONE);
    }

    private String describe(String title, String export, List<JavaProcess> further, Change change)
            throws InterruptedException {
        Run run = run(export, change, further);
        Map<String, Integer> spread = spread(run.shown());
        return "%-42s %6.1f s, %d files, slices written by %s"
                .formatted(title, run.seconds(), run.shown().get("files_count").asInt(), spread);
    }

    private Run run(String export, Change change, List<JavaProcess> further) throws InterruptedException {
        long began = System.nanoTime();
        String backfill = laboratory.backfill(export, rows.interval());
        if (change == Change.COME_AND_GO) {
            Waiting.until("a third of the rows", LONGEST, () -> {
                JsonNode shown = latest(export);
                return shown.get("status").asString().equals("Running")
                        && shown.get("records_completed").asLong() > rows.count() / 3;
            });
            if (further.isEmpty()) {
                further.add(start());
            }
            further.getFirst().process().destroyForcibly();
            further.add(start());
        }
        Waiting.until("the end of the run", LONGEST, () -> !laboratory.isUnderWay(backfill));
        double seconds = (System.nanoTime() - began) / 1e9;
        JsonNode shown = latest(export);
        if (!shown.get("status").asString().equals("Completed")
                || shown.get("records_completed").asLong() != rows.count()) {
            throw new IllegalStateException("The run ended as " + shown);
        }
        rows.require(FORMAT, PREFIX + "/*.gz");
        return new Run(seconds, shown);
    }

    private JsonNode latest(String export) {
        return laboratory.api().get(export + "/runs/?limit=1").get("results").get(0);
    }

    /// Starts a worker and waits until Temporal knows that it asks for slices.
    private JavaProcess start() throws InterruptedException {
        String name = "worker " + (names.size() + 1);
        JavaProcess worker = laboratory.startWorker(name.replace(' ', '-'));
        names.put(worker.pid(), name);
        Waiting.until("that " + name + " asks for work", LONGEST, () -> laboratory.asksForWork(worker.pid()));
        return worker;
    }

    /// How many slices each worker has written: Temporal records the attempt that succeeded.
    private Map<String, Integer> spread(JsonNode run) {
        Set<Long> transfers = new HashSet<>();
        Map<String, Integer> spread = new TreeMap<>();
        for (HistoryEvent event : laboratory.history(
                run.get("workflow_id").asString(), run.get("workflow_run_id").asString())) {
            if (event.hasActivityTaskScheduledEventAttributes()
                    && event.getActivityTaskScheduledEventAttributes()
                            .getActivityType()
                            .getName()
                            .equals("transfer")) {
                transfers.add(event.getEventId());
            } else if (event.hasActivityTaskStartedEventAttributes()
                    && transfers.contains(
                            event.getActivityTaskStartedEventAttributes().getScheduledEventId())) {
                String identity = event.getActivityTaskStartedEventAttributes().getIdentity();
                long pid = Long.parseLong(identity.substring(0, identity.indexOf('@')));
                spread.merge(names.getOrDefault(pid, identity), 1, Integer::sum);
            }
        }
        return spread;
    }
}
