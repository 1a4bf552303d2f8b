package dev.batchexports.server;

import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunAlreadyActiveException;
import dev.batchexports.server.workflow.Orchestration;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/// Stands in for Temporal: remembers what it was asked for, and is unavailable or busy on demand.
public final class RecordingOrchestration implements Orchestration {
    /// How it answers.
    public enum Mood {
        WORKING,
        UNAVAILABLE,
        /// A workflow for every interval is running already.
        BUSY
    }

    /// @param action `apply`, `start`, `cancel`, ...
    /// @param subject the id of the export, run or backfill
    /// @param export the export, where the action is about one
    public record Call(String action, UUID subject, List<BatchExport> export) {}

    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private volatile Mood mood = Mood.WORKING;

    public void become(Mood wanted) {
        mood = wanted;
    }

    /// The actions asked for about an export, run or backfill, in order.
    public List<String> actions(String subject) {
        return calls.stream()
                .filter(call -> call.subject().toString().equals(subject))
                .map(Call::action)
                .toList();
    }

    /// The export as the schedule was last asked to match it.
    public BatchExport schedule(String export) {
        return calls.stream()
                .filter(call -> call.action().equals("apply")
                        && call.subject().toString().equals(export))
                .reduce((earlier, later) -> later)
                .orElseThrow()
                .export()
                .getFirst();
    }

    private void record(String action, UUID subject, List<BatchExport> export) {
        if (mood == Mood.UNAVAILABLE) {
            throw new OrchestrationUnavailableException(new IllegalStateException("told so by a test"));
        }
        calls.add(new Call(action, subject, export));
    }

    @Override
    public void applySchedule(BatchExport export) {
        record("apply", export.id(), List.of(export));
    }

    @Override
    public void startRun(BatchExport export, Run run) {
        if (mood == Mood.BUSY) {
            throw new RunAlreadyActiveException(run.scheduledAt());
        }
        record("start", run.id(), List.of(export));
    }

    @Override
    public void cancelRun(Run run) {
        record("cancel", run.id(), List.of());
    }

    @Override
    public void startBackfill(BatchExport export, Backfill backfill) {
        record("start", backfill.id(), List.of(export));
    }

    @Override
    public void cancelBackfill(Backfill backfill) {
        record("cancel", backfill.id(), List.of());
    }

    @Override
    public void pauseBackfill(Backfill backfill) {
        record("pause", backfill.id(), List.of());
    }

    @Override
    public void resumeBackfill(Backfill backfill) {
        record("resume", backfill.id(), List.of());
    }
}
