package dev.batchexports.server.notify;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.store.Json;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A change of state that the outside is told of.
///
/// @param change stands for the change: the same one is told once
/// @param body what is sent, JSON: `{"type", "timestamp", "data"}`
public record Notification(UUID exportId, long projectId, EventType type, String change, String body, Instant at) {

    /// @param run the first one that failed
    public static Notification failing(BatchExport export, Run run, Instant now) {
        return of(export, EventType.FAILING, "failing:" + run.id(), run(run), now);
    }

    /// @param run the first one that completed again
    public static Notification recovered(BatchExport export, Run run, Instant failingSince, Instant now) {
        Map<String, @Nullable Object> data = run(run);
        data.put("failing_since", failingSince.toString());
        return of(export, EventType.RECOVERED, "recovered:" + run.id(), data, now);
    }

    /// @param run the last one that failed
    public static Notification paused(BatchExport export, Run run, String reason, Instant now) {
        Map<String, @Nullable Object> data = run(run);
        data.put("pause_reason", reason);
        return of(export, EventType.PAUSED, "paused:" + run.id(), data, now);
    }

    /// @param interval known by its start: where it ends may change while it is filled
    /// @param reason one sentence: why there is no completed run
    public static Notification gapFound(BatchExport export, Interval interval, String reason, Instant now) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put("data_interval_start", interval.start().toString());
        data.put("data_interval_end", interval.end().toString());
        data.put("reason", reason);
        return of(export, EventType.GAP_FOUND, "gap:" + export.id() + ":" + interval.start(), data, now);
    }

    public static Notification backfillFinished(BatchExport export, Backfill backfill, Instant now) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put("backfill_id", backfill.id().toString());
        data.put("status", backfill.status().word());
        data.put(
                "start_at",
                backfill.startAt() == null ? null : backfill.startAt().toString());
        data.put("end_at", backfill.endAt().toString());
        data.put("total_runs", backfill.totalRuns());
        data.put("finished_runs", backfill.finishedRuns());
        data.put("failed_runs", backfill.failedRuns());
        data.put("total_records_count", backfill.totalRecordsCount());
        return of(export, EventType.BACKFILL_FINISHED, "backfill:" + backfill.id(), data, now);
    }

    private static Map<String, @Nullable Object> run(Run run) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put("run_id", run.id().toString());
        data.put("status", run.status().word());
        data.put("data_interval_start", run.interval().start().toString());
        data.put("data_interval_end", run.interval().end().toString());
        data.put("error", run.latestError());
        return data;
    }

    private static Notification of(
            BatchExport export, EventType type, String change, Map<String, @Nullable Object> about, Instant now) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put("project_id", export.projectId());
        data.put("batch_export_id", export.id().toString());
        data.put("batch_export_name", export.name());
        data.putAll(about);
        return new Notification(export.id(), export.projectId(), type, change, body(type, data, now), now);
    }

    static String body(EventType type, Map<String, ? extends @Nullable Object> data, Instant now) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", type.word());
        body.put("timestamp", now.toString());
        body.put("data", data);
        return Json.write(body);
    }
}
