package dev.batchexports.server.api;

import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.TestServer;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.runs.StartedAttempt;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Makes runs of an export as a worker would, without one.
final class Runs {
    private final RunStore store = TestServer.get().bean(RunStore.class);
    private final BatchExport export;

    Runs(String exportId) {
        export = TestServer.get()
                .bean(ExportStore.class)
                .find(UUID.fromString(exportId))
                .orElseThrow();
    }

    /// A run that was scheduled for a boundary and is not picked up yet.
    Run starting(Instant boundary) {
        return starting(boundary, RunTrigger.SCHEDULE, null);
    }

    private Run starting(Instant boundary, RunTrigger trigger, @Nullable UUID backfill) {
        return store.create(
                new NewRun(
                        UUID.randomUUID(),
                        export.id(),
                        backfill,
                        null,
                        trigger,
                        export.grid().endingAt(boundary),
                        boundary,
                        export.version(),
                        export.workflowId(boundary),
                        "workflow-run"),
                Instant.now());
    }

    /// A run that was scheduled for a boundary and exported so many rows into one file.
    Run completed(Instant boundary, long rows) {
        Run run = starting(boundary);
        Interval interval = run.interval();
        Instant now = Instant.now();
        StartedAttempt _ = store.attemptStarted(run.id(), "plan", -1, now);
        store.savePlan(
                run.id(),
                new Plan(rows, rows, List.of(), List.of(new Slice(0, interval, 0, 1, rows, rows))),
                "settings",
                now);
        store.saveReceipt(run.id(), new SliceReceipt(0, rows, 2 * rows, "crc32c:x", Map.of()), now);
        store.saveFiles(
                run.id(),
                List.of(new CommittedFile("api-tests/" + interval + ".jsonl", rows, 2 * rows, "crc32c:x")),
                OptionalLong.of(rows),
                now);
        store.finish(run.id(), RunStatus.COMPLETED, null, now);
        return store.find(run.id()).orElseThrow();
    }

    Run failed(Instant boundary) {
        return failed(starting(boundary));
    }

    Run failedOf(UUID backfill, Instant boundary) {
        return failed(starting(boundary, RunTrigger.BACKFILL, backfill));
    }

    private Run failed(Run run) {
        store.finish(
                run.id(),
                RunStatus.FAILED,
                new RunError("NoSuchBucket", "The bucket does not exist.", "Create it.", false),
                Instant.now());
        return store.find(run.id()).orElseThrow();
    }

    void finish(String run, RunStatus status) {
        store.finish(UUID.fromString(run), status, null, Instant.now());
    }
}
