package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.CommitResult.AlreadyCommitted;
import dev.batchexports.core.destination.CommitResult.Committed;
import dev.batchexports.core.destination.CommitResult.SlicesLost;
import dev.batchexports.core.destination.CommittedFile;
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
import dev.batchexports.server.runs.StartedAttempt;
import dev.batchexports.server.runs.StoredPlan;
import dev.batchexports.server.runs.StoredSlice;
import dev.batchexports.server.workflow.ExportProgress.Reached;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/// The stages of a run that touch data: plan, transfer, commit, verify, and abort; and all of a small run.
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
    static final String RUN_ENDED = "RunEnded";

    private static final Logger LOG = LoggerFactory.getLogger(RunExecution.class);

    private final ExportStore exports;
    private final RunStore runs;
    private final OpenDestinations destinations;
    private final Source source;
    private final AttemptRecorder attempts;
    private final RunLifecycle lifecycle;
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
            RunLifecycle lifecycle,
            RunLog log,
            CrashPoints crashPoints,
            Settings.Worker settings,
            InstantSource clock) {
        this.exports = exports;
        this.runs = runs;
        this.destinations = destinations;
        this.source = source;
        this.attempts = attempts;
        this.lifecycle = lifecycle;
        this.log = log;
        this.crashPoints = crashPoints;
        this.settings = settings;
        this.memory = new MemoryBudget(settings.memoryBytes());
        this.clock = clock;
    }

    /// A run, its export as it is configured, and its plan.
    private record Assignment(Run run, BatchExport export, StoredPlan plan) {
        RowSelection selection() {
            return export.selection(run.interval());
        }

        /// What the rows of the run hold, in all of its slices.
        List<SourceColumn> columns() {
            return plan.columns();
        }
    }

    /// Plans a run and, if it is small, executes the other stages too: that spares most of what a run costs
    /// beside its rows. Every stage is recorded as always, and whatever fails is tried again stage by stage.
    ExportProgress export(UUID runId, Attempt attempt, StageWatch watch) {
        Run run = unfinished(runId);
        Assignment assignment = planned(run, attempt, watch);
        List<StoredSlice> slices = assignment.plan().slices();
        ExportProgress planned = new ExportProgress(Reached.PLANNED, slices.size());
        if (!isSmall(slices)) {
            return planned;
        }
        List<SliceReceipt> receipts = new ArrayList<>();
        for (StoredSlice stored : slices) {
            SliceReceipt former = stored.receipt();
            Slice slice = stored.slice();
            receipts.add(
                    former != null
                            ? former
                            : attempts.record(
                                    run,
                                    Stage.TRANSFER,
                                    slice.number(),
                                    attempt,
                                    watch,
                                    started -> transfer(assignment, slice, started, watch)));
        }
        CommitResult result = attempts.record(run, Stage.COMMIT, AttemptRecorder.WHOLE_RUN, attempt, watch, _ -> {
            watch.letFinish();
            return commit(assignment, receipts);
        });
        return switch (result) {
            case SlicesLost _ -> planned;
            case Committed(List<CommittedFile> _, OptionalLong found) ->
                new ExportProgress(verified(assignment, found, rows(receipts), attempt, watch), slices.size());
            case AlreadyCommitted(long rows) ->
                new ExportProgress(verified(assignment, OptionalLong.of(rows), rows, attempt, watch), slices.size());
        };
    }

    private Reached verified(
            Assignment assignment, OptionalLong found, long written, Attempt attempt, StageWatch watch) {
        Run run = assignment.run();
        try {
            attempts.record(run, Stage.VERIFY, AttemptRecorder.WHOLE_RUN, attempt, watch, started -> {
                verify(assignment, written, found, started);
                return null;
            });
        } catch (AttemptFailedException e) {
            if (e.error().code().equals(DIFFERENT_AT_DESTINATION)) {
                throw e;
            }
            return Reached.COMMITTED;
        }
        if (watch.isCancelled()) {
            return Reached.VERIFIED;
        }
        try {
            lifecycle.complete(run);
            return Reached.FINISHED;
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("The end of run {} was not recorded; it is tried again", run.id(), e);
            return Reached.VERIFIED;
        }
    }

    private boolean isSmall(List<StoredSlice> slices) {
        return slices.size() <= 1
                && slices.stream().allMatch(stored -> stored.slice().bytes() <= settings.leastSliceBytes());
    }

    /// Counts the interval and cuts it into slices. A run is planned once: a repeated call returns what
    /// the first one stored.
    ///
    /// @return how many slices
    int plan(UUID runId, Attempt attempt, StageWatch watch) {
        return planned(unfinished(runId), attempt, watch).plan().slices().size();
    }

    private Assignment planned(Run run, Attempt attempt, StageWatch watch) {
        return attempts.record(run, Stage.PLAN, AttemptRecorder.WHOLE_RUN, attempt, watch, started -> {
            // Rows are counted by the plan, so a run that has no count has none.
            Optional<StoredPlan> former = run.recordsTotalCount() == null ? Optional.empty() : runs.plan(run.id());
            BatchExport export = export(run);
            Assignment assignment;
            if (former.isPresent()) {
                assignment = new Assignment(run, export, former.get());
                requireUnchanged(assignment);
            } else {
                assignment = newlyPlanned(run, export, started);
            }
            crashPoints.reached(CrashPoints.AFTER_PLAN);
            return assignment;
        });
    }

    private Assignment newlyPlanned(Run run, BatchExport export, StartedAttempt attempt) {
        if (passesEnd(run, export)) {
            throw changed();
        }
        Plan plan = makePlan(run, export, attempt);
        String settingsNow = SettingsFingerprint.of(export);
        if (!runs.savePlan(run.id(), plan, settingsNow, clock.instant())) {
            // Another worker, presumed dead, has planned it.
            Assignment other = new Assignment(
                    run, export, runs.plan(unfinished(run.id()).id()).orElseThrow());
            requireUnchanged(other);
            return other;
        }
        log.add(
                run,
                LogLevel.INFO,
                Stage.PLAN,
                "Counted %s (%s before encoding), to be written in %s."
                        .formatted(
                                RunLog.rows(plan.rows()),
                                RunLog.bytes(plan.bytes()),
                                RunLog.slices(plan.slices().size())));
        List<StoredSlice> slices = plan.slices().stream()
                .map(slice -> new StoredSlice(slice, null))
                .toList();
        return new Assignment(run, export, new StoredPlan(plan.columns(), settingsNow, slices));
    }

    private Plan makePlan(Run run, BatchExport export, StartedAttempt attempt) {
        try (OpenDestinations.Lease lease = open(export, LEAST_BUFFER_BYTES)) {
            Destination destination = lease.destination();
            SliceLimits limits = new SliceLimits(
                    settings.sliceBytes(),
                    destination.maxFileBytes(),
                    MOST_SLICES,
                    new SliceLimits.Parallel(settings.slicesPerRun(), settings.leastSliceBytes()));
            return source.plan(
                    export.selection(run.interval()), destination.encoding(), limits, tag(run, "plan", attempt));
        }
    }

    /// Brings the slices of a range to the destination, except those that are there already.
    void transfer(UUID runId, SliceRange range, Attempt attempt, StageWatch watch) {
        Run run = unfinished(runId);
        List<StoredSlice> slices = runs.slices(runId);
        for (StoredSlice stored : slices.subList(range.first(), range.end())) {
            if (stored.receipt() == null) {
                Slice slice = stored.slice();
                attempts.record(
                        run,
                        Stage.TRANSFER,
                        slice.number(),
                        attempt,
                        watch,
                        started -> transfer(current(run), slice, started, watch));
            }
        }
    }

    private SliceReceipt transfer(Assignment assignment, Slice slice, StartedAttempt attempt, StageWatch watch)
            throws InterruptedException {
        Run run = assignment.run();
        RowSelection selection = assignment.selection();
        List<SourceColumn> columns = assignment.columns();
        QueryTag tag = tag(run, "slice-" + slice.number(), attempt);
        try (MemoryBudget.Share share = memory.claim(bufferBytes(slice));
                OpenDestinations.Lease lease = open(assignment.export(), share.bytes());
                Transfer transfer = lease.destination().begin(context(assignment))) {
            SliceReceipt written;
            try (EncodedRows rows = source.open(
                            selection, columns, slice, lease.destination().encoding(), tag);
                    StageWatch.Meter meter = watch.slice(
                            slice.number(),
                            bytes -> runs.recordProgress(run.id(), slice.number(), bytes, clock.instant()))) {
                AtomicLong moved = new AtomicLong();
                written = transfer.write(slice, new ReportedRows(rows, meter::read), bytes -> {
                    meter.advanced(bytes);
                    if (moved.addAndGet(bytes) >= MIDDLE_OF_TRANSFER) {
                        crashPoints.reached(CrashPoints.TRANSFER_MIDDLE);
                    }
                });
            }
            requireAllRows(assignment, slice, written, tag);
            crashPoints.reached(CrashPoints.BEFORE_RECEIPT);
            SliceReceipt receipt = runs.saveReceipt(run.id(), written, clock.instant());
            crashPoints.reached(CrashPoints.AFTER_RECEIPT);
            log.add(
                    run,
                    LogLevel.INFO,
                    Stage.TRANSFER,
                    "Slice %d of %d written: %s, %s."
                            .formatted(
                                    slice.number() + 1,
                                    assignment.plan().slices().size(),
                                    RunLog.rows(receipt.rows()),
                                    RunLog.bytes(receipt.bytes())));
            return receipt;
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
                assignment.columns(),
                slice,
                new QueryTag(tag.runId(), "recount-" + slice.number(), tag.attempt(), tag.outOfMemory()));
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
        return attempts.record(run, Stage.COMMIT, AttemptRecorder.WHOLE_RUN, attempt, watch, _ -> {
            Assignment assignment = current(run);
            List<SliceReceipt> receipts = new ArrayList<>();
            Set<Integer> missing = new TreeSet<>();
            for (StoredSlice stored : assignment.plan().slices()) {
                SliceReceipt receipt = stored.receipt();
                if (receipt == null) {
                    missing.add(stored.slice().number());
                } else {
                    receipts.add(receipt);
                }
            }
            if (!missing.isEmpty()) {
                return missing;
            }
            return switch (commit(assignment, receipts)) {
                case SlicesLost lost -> lost.numbers();
                case Committed _, AlreadyCommitted _ -> Set.of();
            };
        });
    }

    private CommitResult commit(Assignment assignment, List<SliceReceipt> receipts) throws InterruptedException {
        Run run = assignment.run();
        CommitResult result;
        try (OpenDestinations.Lease lease = open(assignment.export(), LEAST_BUFFER_BYTES);
                Transfer transfer = lease.destination().begin(context(assignment))) {
            crashPoints.reached(CrashPoints.BEFORE_COMMIT);
            beginCommit(assignment);
            result = transfer.commit(receipts);
            crashPoints.reached(CrashPoints.AFTER_COMMIT);
        }
        switch (result) {
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
            }
        }
        return result;
    }

    /// @throws ExportException when the run has ended, or its export was changed since it was planned
    private void beginCommit(Assignment assignment) {
        BatchExport export = assignment.export();
        while (!runs.beginCommit(assignment.run().id(), export.version(), clock.instant())) {
            // A change that does not touch what a run exports leaves it alone.
            export = current(unfinished(assignment.run().id())).export();
        }
    }

    /// Counts the interval once more, after the commit: what ClickHouse counts, what was written and
    /// what the destination reports are compared, and the difference is shown.
    void verify(UUID runId, Attempt attempt, StageWatch watch) {
        Run run = unfinished(runId);
        attempts.record(run, Stage.VERIFY, AttemptRecorder.WHOLE_RUN, attempt, watch, started -> {
            Assignment assignment = stored(run);
            long written = run.recordsCompleted();
            Long found = run.recordsAtDestination();
            verify(assignment, written, found == null ? OptionalLong.empty() : OptionalLong.of(found), started);
            return null;
        });
    }

    /// @param found how many rows the destination reports, if it does
    private void verify(Assignment assignment, long written, OptionalLong found, StartedAttempt attempt) {
        Run run = assignment.run();
        if (found.isPresent() && found.getAsLong() != written) {
            throw ExportException.user(
                    DIFFERENT_AT_DESTINATION,
                    "%s were written, but the destination reports %s."
                            .formatted(RunLog.rows(written), found.getAsLong()),
                    "Find out whether something else writes to this place, then retry the run.");
        }
        if (!settingsFit(assignment)) {
            log.add(
                    run,
                    LogLevel.WARNING,
                    Stage.VERIFY,
                    "The export was changed after the commit, so its rows were not counted again.");
            return;
        }
        long counted = source.count(assignment.selection(), tag(run, "verify", attempt));
        runs.recordCounted(run.id(), counted, clock.instant());
        compare(assignment, counted, written, found.isPresent());
        crashPoints.reached(CrashPoints.AFTER_VERIFY);
    }

    private void compare(Assignment assignment, long counted, long written, boolean askedDestination) {
        Run run = assignment.run();
        if (counted == written) {
            String where = askedDestination ? "counted, written and found at the destination" : "counted and written";
            log.add(run, LogLevel.INFO, Stage.VERIFY, "Verified: %s %s.".formatted(RunLog.rows(written), where));
        } else if (counted > written) {
            log.add(
                    run,
                    LogLevel.WARNING,
                    Stage.VERIFY,
                    "%s became visible in ClickHouse after they were read; %sretry the run to export them."
                            .formatted(
                                    RunLog.rows(counted - written),
                                    appends(assignment.export())
                                            ? "set rerun_mode to replace, or all rows will be there twice, and "
                                            : ""));
        } else {
            log.add(
                    run,
                    LogLevel.WARNING,
                    Stage.VERIFY,
                    "%s were removed from ClickHouse after they were read.".formatted(RunLog.rows(written - counted)));
        }
    }

    /// Removes what a run that will not be committed has left behind: at the destination, and queries
    /// that still run at the source. Where a commit has begun nothing is removed: it may have replaced files
    /// already, and what it has not completed yet is the only copy.
    void abort(UUID runId) {
        try {
            source.cancelQueries(runId);
        } finally {
            Optional<StoredPlan> plan = runs.plan(runId);
            if (plan.isPresent() && !plan.get().slices().isEmpty() && !runs.mayBeCommitted(runId)) {
                Run run = runs.find(runId).orElseThrow();
                abort(new Assignment(run, export(run), plan.get()));
            }
        }
    }

    private void abort(Assignment assignment) {
        if (!settingsFit(assignment)) {
            log.add(
                    assignment.run(),
                    LogLevel.WARNING,
                    Stage.FINISH,
                    "The export was changed during the run, so what it had begun to write stays where it is.");
            return;
        }
        try (OpenDestinations.Lease lease = open(assignment.export(), LEAST_BUFFER_BYTES);
                Transfer transfer = lease.destination().begin(context(assignment))) {
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
                RUN_ENDED, "The run has ended already, as " + run.status().word() + ".", "Retry the run.");
    }

    private BatchExport export(Run run) {
        return exports.find(run.exportId()).orElseThrow();
    }

    /// A run that is planned, as the database knows it.
    private Assignment stored(Run run) {
        return new Assignment(run, export(run), runs.plan(run.id()).orElseThrow());
    }

    /// The same, unless its export is not what it was when the run was planned.
    private Assignment current(Run run) {
        Assignment assignment = stored(run);
        requireUnchanged(assignment);
        return assignment;
    }

    private static void requireUnchanged(Assignment assignment) {
        if (passesEnd(assignment.run(), assignment.export()) || !settingsFit(assignment)) {
            throw changed();
        }
    }

    private static boolean passesEnd(Run run, BatchExport export) {
        Instant endAt = export.endAt();
        return endAt != null && endAt.isBefore(run.interval().end());
    }

    private static ExportException changed() {
        return ExportException.user(
                "ExportChanged",
                "The export was changed while this run was at work.",
                "Retry the run: it then exports the whole interval with the new settings.");
    }

    private static boolean settingsFit(Assignment assignment) {
        String planned = assignment.plan().settings();
        return planned.isEmpty() || planned.equals(SettingsFingerprint.of(assignment.export()));
    }

    /// A small slice claims little, so that many of them can be under way.
    private long bufferBytes(Slice slice) {
        return slice.bytes() <= LEAST_BUFFER_BYTES ? LEAST_BUFFER_BYTES : settings.bufferBytes();
    }

    private OpenDestinations.Lease open(BatchExport export, long bufferBytes) {
        return destinations.open(
                export.id(),
                export.destination(),
                new DestinationLimits(Math.min(bufferBytes, settings.bufferBytes()), REQUEST_TIMEOUT));
    }

    private TransferContext context(Assignment assignment) {
        BatchExport export = assignment.export();
        return new TransferContext(
                assignment.run().key(),
                export.model().name(),
                writeMode(assignment),
                assignment.columns(),
                assignment.plan().slices().size());
    }

    /// Only what was completed and then asked for again is added a second time. All other runs add nothing to what is
    /// there: a run that did not complete may have been committed, and the database may have forgotten one.
    private WriteMode writeMode(Assignment assignment) {
        BatchExport export = assignment.export();
        return appends(export) && !isAskedForAgain(assignment.run()) ? new WriteMode.AppendOnce() : export.writeMode();
    }

    private boolean isAskedForAgain(Run run) {
        return switch (run.trigger()) {
            case SCHEDULE -> false;
            case BACKFILL -> !runs.isOvertakenOrOfGaps(run.id()) && runs.isCovered(run.exportId(), run.interval());
            case RETRY -> runs.isCovered(run.exportId(), run.interval());
        };
    }

    private boolean appends(BatchExport export) {
        return export.writeMode() instanceof WriteMode.Append && !destinations.alwaysReplace(export.destination());
    }

    private static QueryTag tag(Run run, String purpose, StartedAttempt attempt) {
        return new QueryTag(run.id(), purpose, attempt.number(), attempt.outOfMemory());
    }

    private static long rows(List<SliceReceipt> receipts) {
        return receipts.stream().mapToLong(SliceReceipt::rows).sum();
    }
}
