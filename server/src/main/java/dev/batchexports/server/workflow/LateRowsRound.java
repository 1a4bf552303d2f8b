package dev.batchexports.server.workflow;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Source;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunAlreadyActiveException;
import dev.batchexports.server.runs.RunStarter;
import dev.batchexports.server.runs.RunStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts the rows of recently exported intervals again, some time after their runs: rows that carry an
/// earlier landing time than the one at which they became visible are in no run otherwise.
///
/// Adjacent intervals of an export are counted by one query. The time between counts is in the settings.
final class LateRowsRound implements Runnable {
    private static final int RUNS_AT_ONCE = 1_000;
    private static final int QUERIES_AT_ONCE = 50;
    private static final int INTERVALS_OF_QUERY = 200;
    private static final Duration AFTER_FAILURE = Duration.ofMinutes(5);
    private static final Logger LOG = LoggerFactory.getLogger(LateRowsRound.class);

    private final ExportStore exports;
    private final RunStore runs;
    private final RunStarter starter;
    private final Source source;
    private final RunLog log;
    private final Settings.Reconciliation settings;
    private final InstantSource clock;

    LateRowsRound(
            ExportStore exports,
            RunStore runs,
            RunStarter starter,
            Source source,
            RunLog log,
            Settings.Reconciliation settings,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.starter = starter;
        this.source = source;
        this.log = log;
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public void run() {
        Map<UUID, List<Run>> due =
                runs.recountsDue(clock.instant(), RUNS_AT_ONCE).stream().collect(Collectors.groupingBy(Run::exportId));
        int queries = 0;
        for (Map.Entry<UUID, List<Run>> ofExport : due.entrySet()) {
            BatchExport export = exports.find(ofExport.getKey()).orElseThrow();
            for (List<Run> adjacent : adjacent(ofExport.getValue())) {
                if (queries == QUERIES_AT_ONCE) {
                    return;
                }
                queries++;
                count(export, adjacent);
            }
        }
    }

    /// Runs whose intervals follow each other without a gap, a bounded number at a time.
    private static List<List<Run>> adjacent(List<Run> due) {
        List<List<Run>> groups = new ArrayList<>();
        List<Run> group = new ArrayList<>();
        for (Run run : due.stream()
                .sorted(Comparator.comparing(run -> run.interval().start()))
                .toList()) {
            boolean follows = !group.isEmpty()
                    && group.size() < INTERVALS_OF_QUERY
                    && group.getLast().interval().end().equals(run.interval().start());
            if (!follows) {
                group = new ArrayList<>();
                groups.add(group);
            }
            group.add(run);
        }
        return groups;
    }

    private void count(BatchExport export, List<Run> adjacent) {
        // What was exported with other settings cannot be compared.
        List<Run> comparable = new ArrayList<>();
        for (Run run : adjacent) {
            boolean same = runs.settings(run.id())
                    .map(SettingsFingerprint.of(export)::equals)
                    .orElse(false);
            if (same && export.deletedAt() == null) {
                comparable.add(run);
            } else {
                runs.recountAt(run.id(), null);
            }
        }
        if (comparable.isEmpty()) {
            return;
        }
        List<Interval> intervals = comparable.stream().map(Run::interval).toList();
        RowSelection selection = export.selection(
                new Interval(intervals.getFirst().start(), intervals.getLast().end()));
        List<Long> counts;
        try {
            counts = source.counts(
                    selection, intervals, new QueryTag(comparable.getFirst().id(), "reconcile", 1));
        } catch (ExportException e) {
            LOG.warn("The rows of batch export {} could not be counted again: {}", export.id(), e.sentence());
            comparable.forEach(run -> runs.recountAt(run.id(), clock.instant().plus(AFTER_FAILURE)));
            return;
        }
        for (int index = 0; index < counts.size(); index++) {
            found(export, comparable.get(index), counts.get(index));
        }
    }

    private void found(BatchExport export, Run run, long visible) {
        long late = Math.max(0, visible - run.recordsCompleted());
        runs.recounted(run.id(), late, settings.next(run.recounts() + 1, clock.instant()));
        if (late == 0) {
            return;
        }
        if (late != run.rowsLate()) {
            log.add(
                    run,
                    LogLevel.WARNING,
                    Stage.VERIFY,
                    "%s of this interval became visible in ClickHouse after they were read."
                            .formatted(RunLog.rows(late)));
        }
        switch (export.lateRows()) {
            case REPORT -> {}
            case EXPORT -> correct(export, run);
        }
    }

    /// Exports the interval again, which replaces what is there.
    private void correct(BatchExport export, Run run) {
        Interval interval = run.interval();
        Instant end = export.endAt();
        if (end != null && end.isBefore(interval.end())) {
            log.add(run, LogLevel.INFO, Stage.VERIFY, "They are not exported: the export ends before the interval.");
            return;
        }
        NewRun correction = new NewRun(
                UUID.randomUUID(),
                export.id(),
                null,
                run.id(),
                RunTrigger.RETRY,
                interval,
                run.scheduledAt(),
                export.version(),
                export.workflowId(run.scheduledAt()),
                null);
        try {
            Run started = starter.start(export, correction);
            log.add(started, LogLevel.INFO, Stage.START, "Exporting rows that became visible late.");
        } catch (RunAlreadyActiveException e) {
            // Somebody exports the interval again anyway; if that fails the rows are found by the next count.
            LOG.debug("run {} is not corrected: its interval has an unfinished run", run.id());
        }
    }
}
