package dev.batchexports.server.monitor;

import dev.batchexports.core.interval.Timeline;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.exports.Pause;
import dev.batchexports.server.exports.ScheduledInterval;
import dev.batchexports.server.monitor.MonitorStore.SeenRun;
import dev.batchexports.server.runs.Coverage;
import dev.batchexports.server.runs.ExpectedInterval;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.RunService;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/// Tells how exports fare.
@Service
public class MonitorService {
    private static final int STRIP = 36;
    private static final int MAXIMUM_EXPORTS = 10_000;
    private static final int MAXIMUM_METRICS = 5_000;
    private static final Duration COVERAGE = Duration.ofDays(30);

    private final ExportStore exports;
    private final MonitorStore monitor;
    private final Clock clock;

    MonitorService(ExportStore exports, MonitorStore monitor, Clock clock) {
        this.exports = exports;
        this.monitor = monitor;
        this.clock = clock;
    }

    /// All exports of a project, newest first, and how they fare.
    public Overview overview(long projectId) {
        Instant now = clock.instant();
        List<BatchExport> all = exports.list(projectId, null, null, null, now, MAXIMUM_EXPORTS);
        Map<UUID, Instant> stripStarts = new HashMap<>();
        Map<UUID, Instant> coverageStarts = new HashMap<>();
        Map<UUID, List<Pause>> pauses = monitor.pauses(projectId);
        Map<UUID, Long> expected = new HashMap<>();
        for (BatchExport export : all) {
            stripStarts.put(export.id(), stripStart(export, now));
            Instant coverageStart = coverageStart(export, now);
            coverageStarts.put(export.id(), coverageStart);
            expected.put(
                    export.id(),
                    expectedIntervals(export, coverageStart, pauses.getOrDefault(export.id(), List.of()), now));
        }
        Map<UUID, Figures> figures = monitor.figures(projectId, now);
        Map<UUID, List<SeenRun>> runs = monitor.runs(stripStarts);
        Map<UUID, Instant> fresh = monitor.freshUntil(projectId);
        List<ExportSummary> summaries = all.stream()
                .map(export -> summary(
                        export,
                        runs.getOrDefault(export.id(), List.of()),
                        pauses.getOrDefault(export.id(), List.of()),
                        figures.getOrDefault(export.id(), Figures.NONE),
                        fresh.get(export.id()),
                        now))
                .toList();
        // What one export has beyond what was expected of it makes up for no other.
        long completed = monitor.completedIntervals(coverageStarts).entrySet().stream()
                .mapToLong(found -> Math.min(found.getValue(), expected.getOrDefault(found.getKey(), 0L)))
                .sum();
        return new Overview(
                now,
                summaries,
                completed,
                expected.values().stream().mapToLong(Long::longValue).sum());
    }

    /// What the latest completed run of each interval within a range took, oldest first; the newest 5000.
    public List<RunMetric> metrics(BatchExport export, @Nullable Instant start, @Nullable Instant end) {
        Instant until = end == null ? clock.instant() : end;
        Instant from = start == null ? until.minus(Duration.ofDays(14)) : start;
        return monitor.metrics(export.id(), from, until, MAXIMUM_METRICS);
    }

    public List<StageAttempt> attempts(Run run) {
        return monitor.attempts(run.id());
    }

    public List<SliceProgress> slices(Run run) {
        return monitor.slices(run.id());
    }

    public String databaseVersion() {
        return monitor.databaseVersion();
    }

    private static ExportSummary summary(
            BatchExport export,
            List<SeenRun> runs,
            List<Pause> pauses,
            Figures figures,
            @Nullable Instant freshUntil,
            Instant now) {
        Coverage coverage = new Coverage(runs.stream().map(SeenRun::outcome).toList());
        Map<UUID, SeenRun> byId =
                runs.stream().collect(Collectors.toMap(run -> run.outcome().runId(), Function.identity()));
        List<ExpectedInterval> strip = strip(export, coverage, pauses, now);
        @Nullable SeenRun trouble = null;
        Health health = strip.isEmpty() ? Health.WAITING : Health.HEALTHY;
        int gaps = 0;
        for (ExpectedInterval interval : strip) {
            SeenRun run = interval.runId() == null ? null : byId.get(interval.runId());
            switch (interval.state()) {
                case COMPLETED -> {
                    health = Health.HEALTHY;
                    trouble = null;
                }
                case FAILED -> {
                    health = Health.FAILING;
                    trouble = run;
                    gaps++;
                }
                case MISSING -> {
                    health = Health.LATE;
                    trouble = null;
                    gaps++;
                }
                case RUNNING -> {
                    if (run != null && run.nextRetryAt() != null) {
                        health = Health.RETRYING;
                        trouble = run;
                    }
                }
                case SKIPPED, UPCOMING -> {}
            }
        }
        return new ExportSummary(
                export,
                switch (export.status(now)) {
                    case ACTIVE -> health;
                    case PAUSED -> Health.PAUSED;
                    case ENDED -> Health.ENDED;
                },
                strip.stream().map(ExpectedInterval::state).toList(),
                strip.isEmpty() ? null : strip.getFirst().interval().start(),
                freshUntil,
                gaps,
                figures,
                errorOf(trouble),
                trouble == null ? null : trouble.nextRetryAt(),
                ScheduledInterval.upcoming(export, now, 1).stream()
                        .map(ScheduledInterval::scheduledAt)
                        .findFirst()
                        .orElse(null));
    }

    private static @Nullable RunError errorOf(@Nullable SeenRun run) {
        return run == null ? null : run.error();
    }

    private static List<ExpectedInterval> strip(
            BatchExport export, Coverage coverage, List<Pause> pauses, Instant now) {
        List<ExpectedInterval> strip = new ArrayList<>();
        Timeline timeline = export.timeline();
        Instant boundary = timeline.next(stripStart(export, now));
        while (!boundary.isAfter(now)) {
            RunService.entry(export, boundary, coverage, pauses, now).ifPresent(strip::add);
            boundary = timeline.next(boundary);
        }
        return strip;
    }

    private static Instant stripStart(BatchExport export, Instant now) {
        Instant start = export.timeline().floor(now);
        for (int step = 0; step < STRIP; step++) {
            start = export.timeline().previous(start);
        }
        return start;
    }

    private static Instant coverageStart(BatchExport export, Instant now) {
        Instant start = export.timeline().ceiling(now.minus(COVERAGE));
        return start.isBefore(export.firstIntervalStart()) ? export.firstIntervalStart() : start;
    }

    /// How many intervals were to be exported by now; those that were skipped during a pause are not.
    private static long expectedIntervals(BatchExport export, Instant start, List<Pause> pauses, Instant now) {
        Instant end = export.endAt() != null && export.endAt().isBefore(now) ? export.endAt() : now;
        Instant until = end.minus(export.settle());
        if (!until.isAfter(start)) {
            return 0;
        }
        List<Pause> skipping =
                pauses.stream().filter(pause -> !pause.caughtUp()).toList();
        return export.timeline()
                .within(start, until)
                .filter(interval -> skipping.stream().noneMatch(pause -> pause.covers(interval.end())))
                .count();
    }
}
