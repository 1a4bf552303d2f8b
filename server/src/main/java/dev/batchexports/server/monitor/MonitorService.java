package dev.batchexports.server.monitor;

import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStatus;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.exports.ScheduledInterval;
import dev.batchexports.server.monitor.MonitorStore.DecisiveRun;
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
import java.util.Optional;
import java.util.UUID;
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
        long expected = 0;
        for (BatchExport export : all) {
            stripStarts.put(export.id(), stripStart(export, now));
            Instant coverageStart = coverageStart(export, now);
            coverageStarts.put(export.id(), coverageStart);
            expected += expectedIntervals(export, coverageStart, now);
        }
        Map<UUID, Figures> figures = monitor.figures(projectId, now);
        Map<UUID, Map<Instant, DecisiveRun>> decisive = monitor.decisive(stripStarts);
        Map<UUID, Instant> fresh = monitor.freshUntil(projectId);
        List<ExportSummary> summaries = all.stream()
                .map(export -> summary(
                        export,
                        decisive.getOrDefault(export.id(), Map.of()),
                        figures.getOrDefault(export.id(), Figures.NONE),
                        fresh.get(export.id()),
                        now))
                .toList();
        long completed = monitor.completedIntervals(coverageStarts);
        return new Overview(now, summaries, Math.min(completed, expected), expected);
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
            Map<Instant, DecisiveRun> decisive,
            Figures figures,
            @Nullable Instant freshUntil,
            Instant now) {
        List<ExpectedInterval> strip = strip(export, decisive, now);
        @Nullable DecisiveRun trouble = null;
        Health health = strip.isEmpty() ? Health.WAITING : Health.HEALTHY;
        int gaps = 0;
        for (ExpectedInterval interval : strip) {
            DecisiveRun run = decisive.get(boundaryOf(export, interval));
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
                case UPCOMING -> {}
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

    private static @Nullable RunError errorOf(@Nullable DecisiveRun run) {
        return run == null ? null : run.error();
    }

    private static Instant boundaryOf(BatchExport export, ExpectedInterval interval) {
        return export.grid().ceiling(interval.interval().end());
    }

    private static List<ExpectedInterval> strip(BatchExport export, Map<Instant, DecisiveRun> decisive, Instant now) {
        List<ExpectedInterval> strip = new ArrayList<>();
        IntervalGrid grid = export.grid();
        Instant boundary = grid.next(stripStart(export, now));
        while (!boundary.isAfter(now)) {
            DecisiveRun run = decisive.get(boundary);
            Optional<ExpectedInterval> expected =
                    RunService.interval(export, boundary, run == null ? null : run.run(), now);
            expected.ifPresent(strip::add);
            boundary = grid.next(boundary);
        }
        return strip;
    }

    private static Instant stripStart(BatchExport export, Instant now) {
        Instant start = export.grid().floor(now);
        for (int step = 0; step < STRIP; step++) {
            start = export.grid().previous(start);
        }
        return start;
    }

    private static Instant coverageStart(BatchExport export, Instant now) {
        Instant start = export.grid().ceiling(now.minus(COVERAGE));
        return start.isBefore(export.firstIntervalStart()) ? export.firstIntervalStart() : start;
    }

    /// How many intervals were to be exported by now; those of a pause are counted as well, since nobody
    /// exported them.
    private static long expectedIntervals(BatchExport export, Instant start, Instant now) {
        Instant end = export.status(now) == ExportStatus.ENDED && export.endAt() != null ? export.endAt() : now;
        if (export.paused()
                && export.lastPausedAt() != null
                && export.lastPausedAt().isBefore(end)) {
            end = export.lastPausedAt();
        }
        Instant until = end.minus(export.settle());
        return until.isAfter(start) ? export.grid().within(start, until).count() : 0;
    }
}
