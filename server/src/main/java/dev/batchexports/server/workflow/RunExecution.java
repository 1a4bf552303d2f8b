package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.CommitResult.AlreadyCommitted;
import dev.batchexports.core.destination.CommitResult.Committed;
import dev.batchexports.core.destination.CommitResult.SlicesLost;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.Source;
import dev.batchexports.core.source.SourceColumn;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.runs.StoredSlice;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/// The stages of a run that touch data: plan, transfer, commit, verify, and abort.
///
/// Every stage loads what it needs from the database, may be executed again at any moment and by any
/// process, and knows nothing of Temporal. Between the stages stand the slices and receipts in the
/// database.
final class RunExecution {
    /// Slices of one run at most; beyond that they grow.
    private static final int MOST_SLICES = 10_000;

    static final Duration REQUEST_TIMEOUT = Duration.ofMinutes(2);
    private static final long MIDDLE_OF_TRANSFER = 1_000_000;

    /// Two parts of the least size that S3 takes.
    static final long LEAST_BUFFER_BYTES = 10L << 20;

    /// For so many attempts, fewer rows than the plan counted are taken for a replica that lags behind,
    /// not for rows that were deleted.
    private static final int ATTEMPTS_TO_FIND_ROWS = 6;

    static final String DIFFERENT_AT_DESTINATION = "DestinationRowCountMismatch";

    private final ExportStore exports;
    private final RunStore runs;
    private final OpenDestinations destinations;
    private final Source source;
    private final AttemptRecorder attempts;
    private final RunLog log;
    private final CrashPoints crashPoints;
    private final Settings.Worker settings;
    private final MemoryBudget memory;
    private final InstantSource clock;

    RunExecution(
            ExportStore exports,
            RunStore runs,
            OpenDestinations destinations,
            Source source,
            AttemptRecorder attempts,
            RunLog log,
            CrashPoints crashPoints,
            Settings.Worker settings,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.destinations = destinations;
        this.source = source;
        this.attempts = attempts;
        this.log = log;
        this.crashPoints = crashPoints;
        this.settings = settings;
        this.memory = new MemoryBudget(settings.memoryBytes());
        this.clock = clock;
    }

    /// A run and the export as it is configured now.
    private record Assignment(Run run, BatchExport export) {
        RowSelection selection() {
            return export.selection(run.interval());
        }
    }

    /// Counts the interval and cuts it into slices. A run is planned once: a repeated call returns what
    /// the first one stored.
    ///
    /// @return how many slices
    int plan(UUID runId, Attempt attempt, StageWatch watch) {
        Run run = unfinished(runId);
        runs.markRunning(runId, clock.instant());
        return attempts.record(run, Stage.PLAN, AttemptRecorder.WHOLE_RUN, attempt, watch, () -> {
            Assignment assignment = plannedAssignment(run);
            if (runs.columns(runId).isEmpty()) {
                Plan plan = makePlan(assignment, attempt);
                runs.rememberSettings(runId, SettingsFingerprint.of(assignment.export()));
                runs.savePlan(runId, plan, clock.instant());
                log.add(
                        run,
                        LogLevel.INFO,
                        Stage.PLAN,
                        "Counted %s (%s before encoding), to be written in %s."
                                .formatted(
                                        RunLog.rows(plan.rows()),
                                        RunLog.bytes(plan.bytes()),
                                        RunLog.slices(plan.slices().size())));
            }
            crashPoints.reached(CrashPoints.AFTER_PLAN);
            return runs.slices(runId).size();
        });
    }

    private Plan makePlan(Assignment assignment, Attempt attempt) {
        try (OpenDestinations.Lease lease = open(assignment, LEAST_BUFFER_BYTES)) {
            Destination destination = lease.destination();
            SliceLimits limits = new SliceLimits(
                    settings.sliceBytes(),
                    destination.maxFileBytes(),
                    MOST_SLICES,
                    new SliceLimits.Parallel(settings.slicesPerRun(), settings.leastSliceBytes()));
            return source.plan(
                    assignment.selection(),
                    destination.encoding(),
                    limits,
                    new QueryTag(assignment.run().id(), "plan", attempt.number()));
        }
    }

    /// Brings the slices of a range to the destination, except those that are there already.
    void transfer(UUID runId, SliceRange range, Attempt attempt, StageWatch watch) {
        Run run = unfinished(runId);
        List<StoredSlice> slices = runs.slices(runId);
        for (StoredSlice stored : slices.subList(range.first(), range.end())) {
            if (stored.receipt() == null) {
                Slice slice = stored.slice();
                attempts.record(run, Stage.TRANSFER, slice.number(), attempt, watch, () -> {
                    transfer(plannedAssignment(run), slice, slices.size(), attempt, watch);
                    return null;
                });
            }
        }
    }

    private void transfer(Assignment assignment, Slice slice, int sliceCount, Attempt attempt, StageWatch watch)
            throws InterruptedException {
        Run run = assignment.run();
        RowSelection selection = assignment.selection();
        List<SourceColumn> columns = columns(run.id());
        QueryTag tag = new QueryTag(run.id(), "slice-" + slice.number(), attempt.number());
        try (MemoryBudget.Share share = memory.claim(bufferBytes(slice));
                OpenDestinations.Lease lease = open(assignment, share.bytes());
                Transfer transfer = lease.destination().begin(context(assignment, sliceCount))) {
            SliceReceipt receipt;
            try (EncodedRows rows = source.open(
                            selection, columns, slice, lease.destination().encoding(), tag);
                    StageWatch.Meter meter = watch.slice(
                            slice.number(),
                            bytes -> runs.recordProgress(run.id(), slice.number(), bytes, clock.instant()))) {
                AtomicLong moved = new AtomicLong();
                receipt = transfer.write(slice, new ReportedRows(rows, meter::read), bytes -> {
                    meter.advanced(bytes);
                    if (moved.addAndGet(bytes) >= MIDDLE_OF_TRANSFER) {
                        crashPoints.reached(CrashPoints.TRANSFER_MIDDLE);
                    }
                });
            }
            requireAllRows(assignment, slice, receipt, tag);
            crashPoints.reached(CrashPoints.BEFORE_RECEIPT);
            runs.saveReceipt(run.id(), receipt, clock.instant());
            crashPoints.reached(CrashPoints.AFTER_RECEIPT);
            log.add(
                    run,
                    LogLevel.INFO,
                    Stage.TRANSFER,
                    "Slice %d of %d written: %s, %s."
                            .formatted(
                                    slice.number() + 1,
                                    sliceCount,
                                    RunLog.rows(receipt.rows()),
                                    RunLog.bytes(receipt.bytes())));
        }
    }

    /// A slice holds what the plan counted, or what is visible now: rows that became visible between the
    /// plan and the transfer belong to it. Anything else is a torn stream.
    private void requireAllRows(Assignment assignment, Slice slice, SliceReceipt receipt, QueryTag tag) {
        if (receipt.rows() == slice.rows()) {
            return;
        }
        if (receipt.rows() < slice.rows() && tag.attempt() <= ATTEMPTS_TO_FIND_ROWS) {
            throw ExportException.passing(
                    "RowsMissing",
                    "Slice %d was read with %s, but the plan had counted %s."
                            .formatted(slice.number() + 1, RunLog.rows(receipt.rows()), RunLog.rows(slice.rows())),
                    null);
        }
        long visible = source.count(
                assignment.selection(),
                columns(tag.runId()),
                slice,
                new QueryTag(tag.runId(), "recount-" + slice.number(), tag.attempt()));
        if (receipt.rows() != visible) {
            throw ExportException.passing(
                    "RowCountMismatch",
                    "Slice %d was written with %s, but ClickHouse counts %s."
                            .formatted(slice.number() + 1, RunLog.rows(receipt.rows()), RunLog.rows(visible)),
                    null);
        }
        log.add(
                assignment.run(),
                LogLevel.INFO,
                Stage.TRANSFER,
                "Slice %d changed after it was planned with %s: it was counted again and written with %s."
                        .formatted(slice.number() + 1, RunLog.rows(slice.rows()), RunLog.rows(visible)));
    }

    /// Makes the interval visible.
    ///
    /// @return the slices that have to be transferred again before the next commit; none when the
    ///     interval is committed
    Set<Integer> commit(UUID runId, Attempt attempt, StageWatch watch) {
        Run run = unfinished(runId);
        return attempts.record(run, Stage.COMMIT, AttemptRecorder.WHOLE_RUN, attempt, watch, () -> {
            List<StoredSlice> slices = runs.slices(runId);
            List<SliceReceipt> receipts = new ArrayList<>();
            Set<Integer> missing = new TreeSet<>();
            for (StoredSlice stored : slices) {
                SliceReceipt receipt = stored.receipt();
                if (receipt == null) {
                    missing.add(stored.slice().number());
                } else {
                    receipts.add(receipt);
                }
            }
            return missing.isEmpty() ? commit(plannedAssignment(run), receipts) : missing;
        });
    }

    private Set<Integer> commit(Assignment assignment, List<SliceReceipt> receipts) throws InterruptedException {
        Run run = assignment.run();
        CommitResult result;
        try (OpenDestinations.Lease lease = open(assignment, LEAST_BUFFER_BYTES);
                Transfer transfer = lease.destination().begin(context(assignment, receipts.size()))) {
            crashPoints.reached(CrashPoints.BEFORE_COMMIT);
            if (!runs.beginCommit(run.id(), clock.instant())) {
                throw ended(runs.find(run.id()).orElseThrow());
            }
            result = transfer.commit(receipts);
            crashPoints.reached(CrashPoints.AFTER_COMMIT);
        }
        return switch (result) {
            case SlicesLost(Set<Integer> numbers) -> {
                if (numbers.isEmpty()) {
                    throw new IllegalStateException("a destination lost slices, but none of them");
                }
                runs.discardReceipts(run.id(), numbers, clock.instant());
                log.add(
                        run,
                        LogLevel.WARNING,
                        Stage.COMMIT,
                        "The destination no longer has %s; transferring again."
                                .formatted(RunLog.slices(numbers.size())));
                yield numbers;
            }
            case AlreadyCommitted(long rows) -> {
                runs.saveRowsFound(run.id(), rows, clock.instant());
                crashPoints.reached(CrashPoints.AFTER_FILES);
                log.add(
                        run,
                        LogLevel.WARNING,
                        Stage.COMMIT,
                        "The interval is at the destination already, with %s: nothing was added."
                                .formatted(RunLog.rows(rows)));
                yield Set.of();
            }
            case Committed committed -> {
                runs.saveFiles(run.id(), committed.files(), committed.rowsAtDestination(), clock.instant());
                crashPoints.reached(CrashPoints.AFTER_FILES);
                log.add(
                        run,
                        LogLevel.INFO,
                        Stage.COMMIT,
                        "Committed %s in %d %s."
                                .formatted(
                                        RunLog.rows(rows(receipts)),
                                        committed.files().size(),
                                        committed.files().size() == 1 ? "file" : "files"));
                yield Set.of();
            }
        };
    }

    /// Counts the interval once more, after the commit: what ClickHouse counts, what was written and
    /// what the destination reports are compared, and the difference is shown.
    void verify(UUID runId, Attempt attempt, StageWatch watch) {
        Run run = unfinished(runId);
        attempts.record(run, Stage.VERIFY, AttemptRecorder.WHOLE_RUN, attempt, watch, () -> {
            long written = run.recordsCompleted();
            Long found = run.recordsAtDestination();
            if (found != null && found != written) {
                throw ExportException.user(
                        DIFFERENT_AT_DESTINATION,
                        "%s were written, but the destination reports %s.".formatted(RunLog.rows(written), found),
                        "Find out whether something else writes to this place, then retry the run.");
            }
            Assignment assignment = assignment(run);
            if (!settingsFit(assignment)) {
                log.add(
                        run,
                        LogLevel.WARNING,
                        Stage.VERIFY,
                        "The export was changed after the commit, so its rows were not counted again.");
                return null;
            }
            long counted = source.count(assignment.selection(), new QueryTag(runId, "verify", attempt.number()));
            runs.recordCounted(runId, counted, clock.instant());
            compare(run, counted, written, found != null);
            crashPoints.reached(CrashPoints.AFTER_VERIFY);
            return null;
        });
    }

    private void compare(Run run, long counted, long written, boolean askedDestination) {
        if (counted == written) {
            String where = askedDestination ? "counted, written and found at the destination" : "counted and written";
            log.add(run, LogLevel.INFO, Stage.VERIFY, "Verified: %s %s.".formatted(RunLog.rows(written), where));
        } else if (counted > written) {
            log.add(
                    run,
                    LogLevel.WARNING,
                    Stage.VERIFY,
                    "%s became visible in ClickHouse after they were read; retry the run to export them."
                            .formatted(RunLog.rows(counted - written)));
        } else {
            log.add(
                    run,
                    LogLevel.WARNING,
                    Stage.VERIFY,
                    "%s were removed from ClickHouse after they were read.".formatted(RunLog.rows(written - counted)));
        }
    }

    /// Removes what a run that will not be committed has left behind: at the destination, and queries
    /// that still run at the source.
    void abort(UUID runId) {
        try {
            source.cancelQueries(runId);
        } finally {
            List<StoredSlice> slices = runs.slices(runId);
            if (!slices.isEmpty()) {
                abort(assignment(runs.find(runId).orElseThrow()), slices.size());
            }
        }
    }

    private void abort(Assignment assignment, int sliceCount) {
        if (!settingsFit(assignment)) {
            log.add(
                    assignment.run(),
                    LogLevel.WARNING,
                    Stage.FINISH,
                    "The export was changed during the run, so what it had begun to write stays where it is.");
            return;
        }
        try (OpenDestinations.Lease lease = open(assignment, LEAST_BUFFER_BYTES);
                Transfer transfer = lease.destination().begin(context(assignment, sliceCount))) {
            transfer.abort();
        }
    }

    private Run unfinished(UUID runId) {
        Run run = runs.find(runId)
                .orElseThrow(() -> ExportException.user(
                        "RunUnknown",
                        "The metadata database does not know the run: it was restored to an earlier state.",
                        "Nothing needs to be done: the interval gets another run."));
        if (run.status().isFinished()) {
            throw ended(run);
        }
        return run;
    }

    private static ExportException ended(Run run) {
        return ExportException.user(
                "RunEnded", "The run has ended already, as " + run.status().word() + ".", "Retry the run.");
    }

    private Assignment assignment(Run run) {
        return new Assignment(run, exports.find(run.exportId()).orElseThrow());
    }

    private Assignment plannedAssignment(Run run) {
        Assignment assignment = assignment(run);
        Instant endAt = assignment.export().endAt();
        boolean passesEnd = endAt != null && endAt.isBefore(run.interval().end());
        if (passesEnd || !settingsFit(assignment)) {
            throw ExportException.user(
                    "ExportChanged",
                    "The export was changed while this run was at work.",
                    "Retry the run: it then exports the whole interval with the new settings.");
        }
        return assignment;
    }

    private boolean settingsFit(Assignment assignment) {
        return runs.settings(assignment.run().id())
                .map(planned -> planned.equals(SettingsFingerprint.of(assignment.export())))
                .orElse(true);
    }

    /// A small slice claims little, so that many of them can be under way.
    private long bufferBytes(Slice slice) {
        return slice.bytes() <= LEAST_BUFFER_BYTES ? LEAST_BUFFER_BYTES : settings.bufferBytes();
    }

    private OpenDestinations.Lease open(Assignment assignment, long bufferBytes) {
        return destinations.open(
                assignment.export().id(),
                assignment.export().destination(),
                new DestinationLimits(Math.min(bufferBytes, settings.bufferBytes()), REQUEST_TIMEOUT));
    }

    private TransferContext context(Assignment assignment, int sliceCount) {
        BatchExport export = assignment.export();
        return new TransferContext(
                assignment.run().key(),
                export.model().name(),
                writeMode(assignment),
                columns(assignment.run().id()),
                sliceCount);
    }

    /// A run that nobody has asked for a second time adds nothing to what is there: the database may have forgotten
    /// the first time, the destination has not.
    private WriteMode writeMode(Assignment assignment) {
        WriteMode mode = assignment.export().writeMode();
        boolean isFirst = mode instanceof WriteMode.Append
                && runs.isMeantToBeFirst(assignment.run().id());
        return isFirst ? new WriteMode.AppendOnce() : mode;
    }

    /// What the rows of a run hold, in all of its slices.
    private List<SourceColumn> columns(UUID runId) {
        return runs.columns(runId).orElse(List.of());
    }

    private static long rows(List<SliceReceipt> receipts) {
        return receipts.stream().mapToLong(SliceReceipt::rows).sum();
    }
}
