package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.embedded.Tools;
import dev.batchexports.testkit.SnowflakeStandIn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.opentest4j.TestAbortedException;
import tools.jackson.databind.JsonNode;

/// Exports at work while everything breaks, and the proof that nothing was lost, repeated or left behind.
///
/// The faults and the visitor's wishes follow from the seed. What a fault meets depends on the machine:
/// the same seed repeats the pressure, not each microsecond.
final class Campaign {
    static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Duration SETTLE = Duration.ofSeconds(4);

    private static final int PAUSE_AFTER_FAILURES = 3;
    private static final Duration BETWEEN_REPORTS = Duration.ofSeconds(30);

    /// How much longer than wanted it takes at most until so many faults have struck.
    private static final int LONGEST_TIMES = 6;

    /// How long after the begin of the last fault all may go on.
    private static final Duration LAST_FAULT = Duration.ofSeconds(15);

    /// After the faults are over: two time-outs of a heartbeat, and the longest wait between attempts.
    private static final Duration LONGEST_RECOVERY = Duration.ofMinutes(12);

    private final Installation installation;
    private final long seed;
    private final int faults;
    private final Duration time;
    private final CampaignLog log;
    private final Consumer<CampaignReport> asItGoes;
    private final long project;
    private final RunHistory history;
    private final Checker checker;
    private final Map<Target, String> exports = new LinkedHashMap<>();
    private final List<String> findings = new ArrayList<>();
    private final Map<String, CampaignReport.Count> struck = new TreeMap<>();

    /// @param asItGoes gets a report now and then, while the faults strike
    Campaign(
            Installation installation,
            long seed,
            int faults,
            Duration time,
            CampaignLog log,
            Consumer<CampaignReport> asItGoes) {
        this.installation = installation;
        this.seed = seed;
        this.faults = faults;
        this.time = time;
        this.log = log;
        this.asItGoes = asItGoes;
        this.project = installation.newProject();
        this.history = new RunHistory(installation.connections);
        this.checker = new Checker(installation.table, project);
    }

    CampaignReport run() throws InterruptedException {
        Optional<SnowflakeStandIn> snowflake = startSnowflake();
        try (Site site = new Site(installation, snowflake.map(SnowflakeStandIn::address), log)) {
            createExports(site, snowflake);
            site.open();
            Instant first = boundaryAfter(Instant.now());
            Landing landing = new Landing(installation.table, project, new Random(seed + 1));
            Visitor visitor = new Visitor(
                    installation.api, project, List.copyOf(exports.values()), INTERVAL, first, new Random(seed + 2));
            try (landing;
                    visitor) {
                landing.start();
                visitor.start();
                strikeAll(site, extras(snowflake), visitor, first);
                awaitCrashPoints(site);
            }
            Instant last = boundaryAfter(Instant.now());
            log.say("the faults are over; everything is repaired");
            site.repair();
            Instant repaired = Instant.now();
            List<Interval> expected = intervals(first, last);
            visitor.paused().forEach(this::unpause);
            settle(expected);
            Duration recovery = Duration.between(repaired, Instant.now());
            log.say("all %d intervals are settled".formatted(expected.size() * exports.size()));
            long rows = check(expected, landing);
            if (!site.unreached().isEmpty()) {
                findings.add("no worker ever came to the crash points " + site.unreached());
            }
            return report("over", visitor, expected, rows, recovery);
        } finally {
            snowflake.ifPresent(SnowflakeStandIn::close);
        }
    }

    private Optional<SnowflakeStandIn> startSnowflake() {
        try {
            return Optional.of(SnowflakeStandIn.start(List.of(SnowflakeTarget.USER)));
        } catch (TestAbortedException e) {
            log.say("without Snowflake: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void createExports(Site site, Optional<SnowflakeStandIn> snowflake) {
        List<Target> targets = new ArrayList<>();
        targets.add(new S3Target(installation, "chaos-lines-" + project, site.port(Link.LINES), "JSONLines", "gzip"));
        targets.add(new S3Target(installation, "chaos-parquet-" + project, site.port(Link.PARQUET), "Parquet", "zstd"));
        targets.add(new PostgresTarget(installation, "chaos_" + project, site.port(Link.TABLE)));
        snowflake.ifPresent(standIn -> targets.add(
                new SnowflakeTarget(installation, "chaos_" + project, standIn.address(), site.port(Link.ACCOUNT))));
        for (Target target : targets) {
            Map<String, Object> body = target.export();
            body.put("interval", "every " + INTERVAL.toSeconds() + " seconds");
            body.put("settle_seconds", SETTLE.toSeconds());
            body.put("pause_after_failures", PAUSE_AFTER_FAILURES);
            exports.put(target, installation.api.createExport(project, body));
        }
    }

    private Set<FaultPlan.Extra> extras(Optional<SnowflakeStandIn> snowflake) {
        Set<FaultPlan.Extra> extras = EnumSet.noneOf(FaultPlan.Extra.class);
        if (installation.hasDisk()) {
            extras.add(FaultPlan.Extra.DISK);
        }
        if (snowflake.isPresent()) {
            extras.add(FaultPlan.Extra.SNOWFLAKE);
        }
        return extras;
    }

    /// Until so many faults have struck as are wanted.
    private void strikeAll(Site site, Set<FaultPlan.Extra> extras, Visitor visitor, Instant first)
            throws InterruptedException {
        Instant begin = Instant.now();
        Instant limit = begin.plus(time.multipliedBy(LONGEST_TIMES));
        Thread reporter = Thread.ofVirtual().start(() -> reportAsItGoes(visitor, first));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Iterator<FaultPlan.Planned> plan =
                    FaultPlan.of(seed, faults, time, extras).iterator();
            for (int number = 1; hurt() < faults && Instant.now().isBefore(limit); number++) {
                FaultPlan.Planned planned = plan.next();
                Duration wait = Duration.between(Instant.now(), begin.plus(planned.at()));
                if (wait.isPositive()) {
                    Thread.sleep(wait);
                }
                String name = "%d, %d/%d have struck: %s"
                        .formatted(
                                number,
                                hurt(),
                                faults,
                                planned.fault().toString().replaceAll("\\s+", " "));
                threads.execute(() -> strike(site, planned.fault(), name));
            }
            site.endAt(Instant.now().plus(LAST_FAULT));
        } finally {
            reporter.interrupt();
        }
    }

    private int hurt() {
        synchronized (struck) {
            return CampaignReport.hurt(struck);
        }
    }

    private void reportAsItGoes(Visitor visitor, Instant first) {
        Instant begin = Instant.now();
        try {
            while (true) {
                Thread.sleep(BETWEEN_REPORTS);
                String state = "under way for "
                        + Duration.between(begin, Instant.now()).toSeconds() + " s";
                try {
                    asItGoes.accept(
                            report(state, visitor, intervals(first, boundaryAfter(Instant.now())), 0, Duration.ZERO));
                } catch (IllegalStateException e) {
                    // The database is away just now.
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void strike(Site site, Fault fault, String name) {
        boolean hurt = false;
        try {
            log.say(name);
            hurt = site.strike(fault);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.say(name + " could not strike: " + e.getMessage());
        }
        CampaignReport.Count count = hurt ? new CampaignReport.Count(1, 0) : new CampaignReport.Count(0, 1);
        synchronized (struck) {
            struck.merge(fault.kind(), count, CampaignReport.Count::plus);
        }
    }

    /// A worker has to come to each crash point: until then rows keep landing.
    private void awaitCrashPoints(Site site) throws InterruptedException {
        Instant limit = Instant.now().plus(LONGEST_RECOVERY);
        site.repair();
        List<String> unreached = site.unreached();
        if (!unreached.isEmpty()) {
            site.letBothDie();
        }
        while (!unreached.isEmpty() && Instant.now().isBefore(limit)) {
            log.say("no worker has died yet at " + unreached);
            Thread.sleep(5_000);
            unreached = site.unreached();
        }
    }

    private static Instant boundaryAfter(Instant time) {
        long length = INTERVAL.toSeconds();
        return Instant.ofEpochSecond(Math.floorDiv(time.getEpochSecond(), length) * length + length);
    }

    private static List<Interval> intervals(Instant first, Instant last) {
        List<Interval> intervals = new ArrayList<>();
        for (Instant start = first; start.isBefore(last); start = start.plus(INTERVAL)) {
            intervals.add(new Interval(start, start.plus(INTERVAL)));
        }
        return intervals;
    }

    /// Waits until every interval is exported and nothing is at work, and retries what was cancelled.
    private void settle(List<Interval> expected) throws InterruptedException {
        Instant limit = Instant.now().plus(LONGEST_RECOVERY);
        Set<Object> reported = new HashSet<>();
        List<String> unsettled = unsettled(expected, reported);
        while (!unsettled.isEmpty() && Instant.now().isBefore(limit)) {
            Thread.sleep(1_000);
            unsettled = unsettled(expected, reported);
        }
        unsettled.stream().map(what -> "stuck: " + what).forEach(findings::add);
        for (String export : exports.values()) {
            installation.api.post(Api.export(project, export) + "pause/", Map.of());
        }
        // A clock that was fast may have let the server start runs of intervals to come.
        Instant end = Instant.now().plus(Duration.ofMinutes(3));
        while (isAnyRunOpen() && Instant.now().isBefore(end)) {
            Thread.sleep(500);
        }
    }

    private List<String> unsettled(List<Interval> expected, Set<Object> reported) {
        List<String> unsettled = new ArrayList<>();
        for (Map.Entry<Target, String> export : exports.entrySet()) {
            String name = export.getKey().name();
            Map<Interval, RunHistory.Entry> latest = new LinkedHashMap<>();
            for (RunHistory.Entry run : history.runs(export.getValue())) {
                latest.put(run.interval(), run);
                if (run.isFailure() && !run.saysToMend(export.getKey().codesToMend()) && reported.add(run.id())) {
                    findings.add(name + ": " + run);
                }
            }
            for (Interval interval : expected) {
                RunHistory.Entry run = latest.get(interval);
                if (run == null) {
                    unsettled.add(name + ": " + interval + " has no run");
                } else if (!run.status().equals("Completed")) {
                    unsettled.add(name + ": " + run);
                    if (run.isFinished()) {
                        retry(run);
                    }
                }
            }
            String path = Api.export(project, export.getValue());
            Api.Answer answer = installation.api.get(path);
            if (answer.status() == 200 && answer.json().get("paused").asBoolean()) {
                unpause(path);
            }
            history.openBackfills(export.getValue()).stream()
                    .map(id -> name + ": the backfill " + id + " has not ended")
                    .forEach(unsettled::add);
        }
        return unsettled;
    }

    private void unpause(String path) {
        installation.api.post(path + "unpause/", Map.of("backfill", true));
    }

    private void retry(RunHistory.Entry run) {
        installation.api.post(Api.export(project, run.export()) + "runs/" + run.id() + "/retry/", Map.of());
    }

    private boolean isAnyRunOpen() {
        return exports.values().stream()
                .flatMap(export -> history.runs(export).stream())
                .anyMatch(run -> !run.isFinished());
    }

    /// @return how many rows were compared
    private long check(List<Interval> expected, Landing landing) throws InterruptedException {
        Set<Interval> late = intervalsWithLateRows(expected, landing);
        List<Interval> punctual =
                expected.stream().filter(interval -> !late.contains(interval)).toList();
        List<Interval> others = expected.stream().filter(late::contains).toList();
        long rows = 0;
        for (Target target : exports.keySet()) {
            rows += compare(target, punctual);
        }
        if (!late.isEmpty()) {
            log.say("retrying %d intervals in which rows became visible too late".formatted(late.size()));
            retryAll(late);
            for (Target target : exports.keySet()) {
                rows += compare(target, others);
            }
        }
        for (Target target : exports.keySet()) {
            target.leftovers().stream().map(what -> target.name() + ": " + what).forEach(findings::add);
        }
        findings.addAll(openWorkflows());
        return rows;
    }

    private long compare(Target target, List<Interval> intervals) {
        Checker.Result result = checker.check(target, intervals);
        findings.addAll(result.findings());
        return result.rows();
    }

    /// A halt or a kill of ClickHouse may let rows appear later than an export promises to wait for.
    private Set<Interval> intervalsWithLateRows(List<Interval> expected, Landing landing) {
        Set<Interval> late = new HashSet<>();
        String batches = installation.table.execute("""
                SELECT event, toUnixTimestamp64Micro(min(inserted_at)), toUnixTimestamp64Micro(max(inserted_at))
                FROM events WHERE team_id = %d GROUP BY event FORMAT TSV
                """.formatted(project));
        batches.lines().map(line -> line.split("\t", -1)).forEach(batch -> {
            Instant first = micros(batch[1]);
            Instant last = micros(batch[2]);
            if (landing.visibleAt(batch[0]).isAfter(first.plus(SETTLE))) {
                expected.stream()
                        .filter(interval -> interval.start().isBefore(last.plusNanos(1_000))
                                && interval.end().isAfter(first))
                        .forEach(late::add);
            }
        });
        return late;
    }

    private static Instant micros(String text) {
        long micros = Long.parseLong(text);
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000);
    }

    private void retryAll(Set<Interval> intervals) throws InterruptedException {
        for (String export : exports.values()) {
            Map<Interval, RunHistory.Entry> latest = new LinkedHashMap<>();
            history.runs(export).forEach(run -> latest.put(run.interval(), run));
            latest.values().stream()
                    .filter(run -> intervals.contains(run.interval()))
                    .forEach(this::retry);
        }
        Instant limit = Instant.now().plus(LONGEST_RECOVERY);
        while (isAnyRunOpen() && Instant.now().isBefore(limit)) {
            Thread.sleep(500);
        }
    }

    private List<String> openWorkflows() throws InterruptedException {
        List<String> open = List.of("?");
        Instant limit = Instant.now().plusSeconds(60);
        while (!open.isEmpty() && Instant.now().isBefore(limit)) {
            List<String> found = new ArrayList<>();
            for (JsonNode workflow : listWorkflows()) {
                String id = workflow.get("execution").get("workflowId").asString();
                if (exports.values().stream().anyMatch(id::startsWith)) {
                    found.add("the workflow " + id + " is still open");
                }
            }
            open = found;
            if (!open.isEmpty()) {
                Thread.sleep(1_000);
            }
        }
        return open;
    }

    private JsonNode listWorkflows() throws InterruptedException {
        try {
            Process process = new ProcessBuilder(
                            Tools.locate().temporal().toString(),
                            "workflow",
                            "list",
                            "--query",
                            "ExecutionStatus='Running'",
                            "--limit",
                            "1000",
                            "--output",
                            "json",
                            "--address",
                            installation.connections.temporalAddress())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("Temporal does not list its workflows: " + output);
            }
            return Api.JSON.readTree(output);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private CampaignReport report(
            String state, Visitor visitor, List<Interval> expected, long rows, Duration recovery) {
        Map<String, Integer> runs = new TreeMap<>();
        int attempts = 0;
        for (String export : exports.values()) {
            for (RunHistory.Entry run : history.runs(export)) {
                runs.merge(run.trigger() + ", " + run.status(), 1, Integer::sum);
                attempts += run.attempt();
            }
        }
        Map<String, CampaignReport.Count> counts;
        synchronized (struck) {
            counts = new TreeMap<>(struck);
        }
        return new CampaignReport(
                seed,
                faults,
                time,
                installation.hasDisk() ? " --full-disk" : "",
                state,
                counts,
                exports.keySet().stream().map(Target::name).toList(),
                expected.size() * exports.size(),
                rows,
                runs,
                attempts,
                visitor.backfills(),
                visitor.retries(),
                visitor.cancellations(),
                visitor.unpaused(),
                recovery,
                List.copyOf(findings));
    }
}
