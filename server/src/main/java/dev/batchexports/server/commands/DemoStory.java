package dev.batchexports.server.commands;

import dev.batchexports.embedded.Connections;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// What the demo does once everything runs, through the REST API alone: two exports, scheduled runs, a
/// backfill, a retry; then it reads the files back and compares them with the table.
final class DemoStory {
    private static final long PROJECT = 1;
    private static final String NAME = "Demo: ";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Connections connections;
    private final ApiClient api;
    private final Screen screen;
    private final ReadBack readBack;
    private final Instant now = Instant.now();
    private final String prefix = "demo/" + STAMP.format(now);

    private final Set<DemoDestination> further;

    /// @param further destinations besides S3
    DemoStory(LocalInstallation installation, Set<DemoDestination> further, Screen screen) {
        this.connections = installation.connections();
        this.api = new ApiClient(installation.apiUrl(), installation.token(), PROJECT);
        this.screen = screen;
        this.readBack = new ReadBack(connections);
        this.further = Set.copyOf(further);
    }

    /// @return whether every run completed and every count agrees
    boolean tell() throws InterruptedException {
        removeEarlierDemos();

        screen.title("Two exports of project " + PROJECT + " to S3");
        Instant scheduledFrom = Instant.ofEpochSecond(Math.floorDiv(now.getEpochSecond(), 300) * 300)
                .minus(15, ChronoUnit.MINUTES);
        String fiveMinutes = create(
                "events every 5 minutes",
                "every 5 minutes",
                Map.of("file_format", "JSONLines", "compression", "gzip"),
                "five-minutes",
                Map.of("start_at", scheduledFrom.toString()));
        screen.line("every 5 minutes, JSON lines with gzip; its schedule began 15 minutes ago and catches up 3 runs");
        String hourly = create(
                "events every hour",
                "hour",
                Map.of("file_format", "Parquet", "compression", "zstd"),
                "hourly",
                Map.of());
        screen.line("every hour, Parquet with zstd");

        Instant end = now.truncatedTo(ChronoUnit.HOURS);
        Instant start = end.minus(48, ChronoUnit.HOURS);
        JsonNode backfill = api.post(
                hourly + "/backfills/",
                Map.of("start_at", start.toString(), "end_at", end.toString(), "scope", "all", "concurrency", 4));
        screen.line("backfill of the hourly export: the 48 hours up to " + end);

        screen.title("Runs");
        long began = System.nanoTime();
        boolean completed =
                watch(fiveMinutes, scheduledFrom, hourly, backfill.get("id").asString());
        double seconds = (System.nanoTime() - began) / 1e9;
        summarise("scheduled", runs(fiveMinutes));
        summarise("backfill", runs(hourly));
        screen.line("took %.1f s".formatted(seconds));

        screen.title("A retry");
        completed &= retryOne(fiveMinutes);

        screen.title("Compared with the table, read back by ClickHouse's own S3 reader");
        boolean fiveMinutesAgree = compare("every 5 min", fiveMinutes, "JSONEachRow");
        boolean hoursAgree = compare("every hour", hourly, "Parquet");
        boolean agrees = fiveMinutesAgree && hoursAgree;
        screen.line(
                completed && agrees
                        ? "Every run completed; every row is in the files exactly once."
                        : "NOT everything completed or agrees; see above.");
        for (DemoDestination destination : further) {
            agrees &= switch (destination) {
                case POSTGRES -> tellOfPostgres(start, end);
            };
        }

        screen.title("Next");
        for (JsonNode next : api.get(fiveMinutes + "/schedule/?count=1").get("results")) {
            screen.line("the next run of every 5 minutes: scheduled at "
                    + next.get("scheduled_at").asString());
        }
        return completed && agrees;
    }

    /// The same hours once more, into a database of the embedded PostgreSQL.
    private boolean tellOfPostgres(Instant start, Instant end) throws InterruptedException {
        screen.title("The same hours to PostgreSQL");
        DemoDatabase database = DemoDatabase.create(connections);
        String table = "events_" + STAMP.format(now).replace('-', '_');
        String export = create(
                "events every hour to PostgreSQL",
                "hour",
                Map.of("type", "Postgres", "config", database.configuration(table)),
                Map.of("rerun_mode", "replace"));
        screen.line("every hour into the table %s of %s".formatted(table, database.url()));
        JsonNode backfill = api.post(
                export + "/backfills/",
                Map.of("start_at", start.toString(), "end_at", end.toString(), "scope", "all", "concurrency", 4));
        String path = export + "/backfills/" + backfill.get("id").asString() + "/";
        long began = System.nanoTime();
        Instant deadline = Instant.now().plus(PATIENCE);
        while (backfill.get("finished_at").isNull() && Instant.now().isBefore(deadline)) {
            Thread.sleep(500);
            backfill = api.get(path);
            screen.progress(
                    "runs finished",
                    backfill.get("finished_runs").asLong(),
                    Duration.between(start, end).toHours());
        }
        summarise("backfill", runs(export));
        screen.line("took %.1f s".formatted((System.nanoTime() - began) / 1e9));
        ReadBack.Content landed = readBack.table(PROJECT, start, end);
        ReadBack.Content found = database.content(table, start, end);
        boolean same = landed.equals(found) && found.rows() == found.distinct() && found.rows() > 0;
        screen.line("%-12s %,d rows in ClickHouse, %,d in PostgreSQL, %,d distinct: %s"
                .formatted(
                        "every hour",
                        landed.rows(),
                        found.rows(),
                        found.distinct(),
                        same ? "the same rows" : "DIFFERENT"));
        return same && backfill.get("status").asString().equals("Completed");
    }

    private void removeEarlierDemos() {
        for (JsonNode export : api.get("?limit=100").get("results")) {
            if (export.get("name").asString().startsWith(NAME)) {
                api.delete(export.get("id").asString() + "/");
            }
        }
    }

    private String create(
            String name, String interval, Map<String, Object> format, String folder, Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>(Map.of(
                "bucket_name", connections.s3Bucket(),
                "region", connections.s3Region(),
                "prefix", prefix + "/" + folder,
                "endpoint_url", connections.s3Endpoint(),
                "aws_access_key_id", connections.s3AccessKeyId(),
                "aws_secret_access_key", connections.s3SecretAccessKey()));
        config.putAll(format);
        return create(name, interval, Map.of("type", "S3", "config", config), more);
    }

    private String create(String name, String interval, Map<String, Object> destination, Map<String, Object> more) {
        Map<String, Object> export = new HashMap<>(Map.of(
                "name",
                NAME + name,
                "model",
                "events",
                "interval",
                interval,
                "settle_seconds",
                5,
                "destination",
                destination));
        export.putAll(more);
        return api.post("", export).get("id").asString();
    }

    /// Shows progress until the three scheduled runs and the backfill have ended.
    private boolean watch(String fiveMinutes, Instant scheduledFrom, String hourly, String backfillId)
            throws InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (Instant.now().isBefore(deadline)) {
            JsonNode backfill = api.get(hourly + "/backfills/" + backfillId + "/");
            List<JsonNode> scheduled = runs(fiveMinutes).stream()
                    .filter(run -> Instant.parse(run.get("data_interval_end").asString())
                            .isBefore(scheduledFrom.plus(15, ChronoUnit.MINUTES).plusSeconds(1)))
                    .toList();
            long scheduledDone =
                    scheduled.stream().filter(DemoStory::isFinished).count();
            long backfillDone = backfill.get("finished_runs").asLong();
            screen.progress("runs finished", scheduledDone + backfillDone, 51);
            boolean backfillEnded = !backfill.get("finished_at").isNull();
            if (scheduledDone == 3 && backfillEnded) {
                return backfill.get("status").asString().equals("Completed")
                        && scheduled.stream()
                                .allMatch(run -> run.get("status").asString().equals("Completed"));
            }
            Thread.sleep(500);
        }
        screen.line("gave up waiting after " + PATIENCE.toMinutes() + " minutes");
        return false;
    }

    private static boolean isFinished(JsonNode run) {
        return !run.get("finished_at").isNull();
    }

    private List<JsonNode> runs(String export) {
        List<JsonNode> runs = new ArrayList<>();
        api.get(export + "/runs/?limit=100").get("results").forEach(runs::add);
        return runs;
    }

    private void summarise(String kind, List<JsonNode> runs) {
        Map<String, Long> byStatus = runs.stream()
                .collect(Collectors.groupingBy(run -> run.get("status").asString(), Collectors.counting()));
        long rows = runs.stream()
                .mapToLong(run -> run.get("records_completed").asLong())
                .sum();
        long bytes = runs.stream()
                .mapToLong(run -> run.get("bytes_exported").asLong())
                .sum();
        screen.line("%-10s %s: %,d rows, %,.1f MB".formatted(kind, byStatus, rows, bytes / 1e6));
        runs.stream()
                .filter(run -> !run.get("latest_error").isNull())
                .limit(3)
                .forEach(run -> screen.line("           " + run.get("status").asString() + ": "
                        + run.get("latest_error").get("message").asString()));
    }

    private boolean retryOne(String export) throws InterruptedException {
        JsonNode run = runs(export).stream()
                .filter(candidate -> candidate.get("status").asString().equals("Completed"))
                .findFirst()
                .orElse(null);
        if (run == null) {
            return false;
        }
        JsonNode retry = api.post(export + "/runs/" + run.get("id").asString() + "/retry/", Map.of());
        String path = export + "/runs/" + retry.get("id").asString() + "/";
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!isFinished(retry) && Instant.now().isBefore(deadline)) {
            Thread.sleep(200);
            retry = api.get(path);
        }
        screen.line("interval from " + retry.get("data_interval_start").asString() + " again: "
                + retry.get("status").asString() + ", its files are replaced");
        for (JsonNode line : api.get(path + "logs/?limit=20").get("results")) {
            screen.line("  " + line.get("timestamp").asString() + "  "
                    + "%-7s %-9s "
                            .formatted(
                                    line.get("level").asString(),
                                    line.get("stage").asString())
                    + line.get("message").asString());
        }
        return retry.get("status").asString().equals("Completed");
    }

    /// Compares the files of the completed runs of an export with the table: number, uniqueness and set
    /// of rows.
    private boolean compare(String name, String export, String format) {
        Map<Instant, JsonNode> latest = new TreeMap<>();
        for (JsonNode run : runs(export)) {
            if (run.get("status").asString().equals("Completed")) {
                latest.putIfAbsent(Instant.parse(run.get("data_interval_start").asString()), run);
            }
        }
        if (latest.isEmpty()) {
            screen.line(name + ": no completed run");
            return false;
        }
        List<String> keys = new ArrayList<>();
        long rowsOfIntervals = 0;
        for (Map.Entry<Instant, JsonNode> interval : latest.entrySet()) {
            JsonNode run = interval.getValue();
            api.get(export + "/runs/" + run.get("id").asString() + "/files/")
                    .get("results")
                    .forEach(file -> keys.add(file.get("key").asString()));
            ReadBack.Content landed = readBack.table(
                    PROJECT,
                    interval.getKey(),
                    Instant.parse(run.get("data_interval_end").asString()));
            rowsOfIntervals += landed.rows();
            if (landed.rows() != run.get("records_completed").asLong()) {
                screen.line("%s: %d rows landed from %s on, %d were exported"
                        .formatted(
                                name,
                                landed.rows(),
                                interval.getKey(),
                                run.get("records_completed").asLong()));
            }
        }
        Instant start = latest.keySet().iterator().next();
        Instant end = latest.values().stream()
                .map(run -> Instant.parse(run.get("data_interval_end").asString()))
                .max(Instant::compareTo)
                .orElseThrow();
        ReadBack.Content table = readBack.table(PROJECT, start, end);
        ReadBack.Content files = readBack.files(keys, format);
        boolean same = table.equals(files)
                && table.rows() == rowsOfIntervals
                && files.rows() == files.distinct()
                && files.rows() > 0;
        screen.line("%-12s %2d intervals: %,d rows in ClickHouse, %,d in %d files, %,d distinct: %s"
                .formatted(
                        name,
                        latest.size(),
                        table.rows(),
                        files.rows(),
                        keys.size(),
                        files.distinct(),
                        same ? "the same rows" : "DIFFERENT"));
        return same;
    }
}
