package dev.batchexports.server.monitor;

import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.instantOrNull;
import static dev.batchexports.server.store.Columns.timestamp;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.exports.Pause;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.runs.RunOutcome;
import dev.batchexports.server.store.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// Reads figures over many runs at once.
@Repository
class MonitorStore {
    private static final Duration DAY = Duration.ofDays(1);

    /// A run, and why it is not completed.
    record SeenRun(
            RunOutcome outcome,
            @Nullable RunError error,
            @Nullable Instant nextRetryAt) {}

    private final JdbcClient jdbc;

    MonitorStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// By export; exports without any are left out.
    Map<UUID, Figures> figures(long projectId, Instant now) {
        Map<UUID, Figures> figures = new HashMap<>();
        jdbc.sql("""
                        with own as (select id from batch_exports where project_id = :project and deleted_at is null),
                        finished as (
                            select batch_export_id as id,
                                sum(records_completed) filter (where finished_at >= :day) as rows,
                                sum(bytes_exported) filter (where finished_at >= :day) as bytes,
                                sum(records_completed) filter (where finished_at < :day) as previous_rows
                            from runs
                            where finished_at >= :day_before and status = 'Completed'
                              and batch_export_id in (select id from own)
                            group by 1),
                        active as (
                            select batch_export_id as id, count(*) as runs from runs
                            where status in ('Starting', 'Running') and batch_export_id in (select id from own)
                            group by 1),
                        filling as (
                            select batch_export_id as id, count(*) as backfills from backfills
                            where finished_at is null and batch_export_id in (select id from own)
                            group by 1)
                        select own.id, coalesce(rows, 0) as rows, coalesce(bytes, 0) as bytes,
                            coalesce(previous_rows, 0) as previous_rows, coalesce(runs, 0) as runs,
                            coalesce(backfills, 0) as backfills
                        from own left join finished using (id) left join active using (id) left join filling using (id)
                        """)
                .param("project", projectId)
                .param("day", timestamp(now.minus(DAY)))
                .param("day_before", timestamp(now.minus(DAY.multipliedBy(2))))
                .query(row -> {
                    figures.put(
                            id(row, "id"),
                            new Figures(
                                    row.getLong("rows"),
                                    row.getLong("bytes"),
                                    row.getLong("previous_rows"),
                                    row.getInt("runs"),
                                    row.getInt("backfills")));
                });
        return figures;
    }

    /// The runs of several exports whose intervals start at a time or later, each oldest first.
    Map<UUID, List<SeenRun>> runs(Map<UUID, Instant> starts) {
        Map<UUID, List<SeenRun>> runs = new HashMap<>();
        overStarts("""
                        select runs.batch_export_id, runs.id, data_interval_start, data_interval_end, status,
                            records_completed, rows_late, commit_started_at is not null as commit_began, latest_error,
                            next_retry_at
                        from unnest(:exports::uuid[], :starts::timestamptz[]) as wanted(id, start)
                        join runs on runs.batch_export_id = wanted.id and data_interval_start >= wanted.start
                        order by generation
                        """, starts).query(row -> {
            String error = row.getString("latest_error");
            RunOutcome outcome = new RunOutcome(
                    id(row, "id"),
                    new Interval(instant(row, "data_interval_start"), instant(row, "data_interval_end")),
                    RunStatus.of(row.getString("status")),
                    row.getBoolean("commit_began"),
                    row.getLong("records_completed"),
                    row.getLong("rows_late"));
            runs.computeIfAbsent(id(row, "batch_export_id"), export -> new ArrayList<>())
                    .add(new SeenRun(
                            outcome,
                            error == null ? null : Json.read(error, RunError.class),
                            instantOrNull(row, "next_retry_at")));
        });
        return runs;
    }

    /// The times during which exports of a project were paused.
    Map<UUID, List<Pause>> pauses(long projectId) {
        Map<UUID, List<Pause>> pauses = new HashMap<>();
        jdbc.sql("""
                        select export_pauses.* from export_pauses
                        join batch_exports on batch_exports.id = batch_export_id
                        where project_id = :project and deleted_at is null order by paused_at
                        """).param("project", projectId).query(row -> {
            pauses.computeIfAbsent(id(row, "batch_export_id"), export -> new ArrayList<>())
                    .add(new Pause(
                            instant(row, "paused_at"), instantOrNull(row, "unpaused_at"), row.getBoolean("caught_up")));
        });
        return pauses;
    }

    /// How many intervals of each of these exports, from a time on, are completed; those that a pause skipped, which
    /// nobody expects, are left out.
    Map<UUID, Long> completedIntervals(Map<UUID, Instant> starts) {
        Map<UUID, Long> completed = new HashMap<>();
        overStarts("""
                        select wanted.id, found.count from unnest(:exports::uuid[], :starts::timestamptz[]) as wanted(id, start)
                        cross join lateral (
                            select count(distinct scheduled_at) as count from runs
                            where batch_export_id = wanted.id and data_interval_start >= wanted.start
                              and status = 'Completed' and not exists (
                                  select from export_pauses
                                  where export_pauses.batch_export_id = wanted.id and not caught_up
                                    and paused_at < scheduled_at
                                    and (unpaused_at is null or scheduled_at <= unpaused_at))) as found
                        """, starts).query(row -> {
            completed.put(id(row, "id"), row.getLong("count"));
        });
        return completed;
    }

    /// The end of the newest completed interval of each export that has one.
    Map<UUID, Instant> freshUntil(long projectId) {
        Map<UUID, Instant> fresh = new HashMap<>();
        jdbc.sql("""
                        select batch_exports.id, newest.data_interval_end from batch_exports
                        cross join lateral (
                            select data_interval_end from runs
                            where batch_export_id = batch_exports.id and status = 'Completed'
                            order by data_interval_start desc limit 1) as newest
                        where project_id = :project and deleted_at is null
                        """).param("project", projectId).query(row -> {
            fresh.put(id(row, "id"), instant(row, "data_interval_end"));
        });
        return fresh;
    }

    /// The latest completed run of each interval within a range, oldest first.
    List<RunMetric> metrics(UUID exportId, Instant start, Instant end, int limit) {
        return jdbc.sql("""
                        select * from (
                            select distinct on (data_interval_start) data_interval_start, data_interval_end,
                                records_completed, bytes_exported, started_at, finished_at,
                                (select coalesce(max(number), 1) from run_attempts where run_id = runs.id) as attempts
                            from runs
                            where batch_export_id = :export and status = 'Completed'
                              and data_interval_start >= :start and data_interval_end <= :end
                            order by data_interval_start desc, generation desc limit :limit) as newest
                        order by data_interval_start
                        """)
                .param("export", exportId)
                .param("start", timestamp(start))
                .param("end", timestamp(end))
                .param("limit", limit)
                .query((row, number) -> new RunMetric(
                        new Interval(instant(row, "data_interval_start"), instant(row, "data_interval_end")),
                        row.getLong("records_completed"),
                        row.getLong("bytes_exported"),
                        row.getInt("attempts"),
                        instant(row, "started_at"),
                        instant(row, "finished_at")))
                .list();
    }

    List<StageAttempt> attempts(UUID runId) {
        return jdbc.sql("""
                        select stage, slice, number, started_at, finished_at, error from run_attempts
                        where run_id = :run order by started_at, slice, number limit 5000
                        """)
                .param("run", runId)
                .query((row, index) -> {
                    int slice = row.getInt("slice");
                    String error = row.getString("error");
                    return new StageAttempt(
                            row.getString("stage"),
                            slice < 0 ? null : slice + 1,
                            row.getInt("number"),
                            instant(row, "started_at"),
                            instantOrNull(row, "finished_at"),
                            error == null ? null : Json.read(error, RunError.class));
                })
                .list();
    }

    List<SliceProgress> slices(UUID runId) {
        return jdbc.sql("""
                        select number, rows, bytes, bytes_done, receipt is not null as transferred from run_slices
                        where run_id = :run order by number limit 5000
                        """)
                .param("run", runId)
                .query((row, index) -> new SliceProgress(
                        row.getInt("number") + 1,
                        row.getLong("rows"),
                        row.getLong("bytes"),
                        row.getLong("bytes_done"),
                        row.getBoolean("transferred")
                                ? SliceProgress.State.TRANSFERRED
                                : SliceProgress.State.UNDER_WAY))
                .list();
    }

    /// What has changed since a time, in order. Runs are found by the indices of active and of finished
    /// ones: every change of a run happens while it is the one or makes it the other.
    List<Change> changes(Instant since, int limit) {
        return jdbc.sql("""
                        select project_id, kind, export_id, changed.id, changed.status, changed.at from (
                            select 'run' as kind, batch_export_id as export_id, id, status, last_updated_at as at
                            from runs where status in ('Starting', 'Running') and last_updated_at >= :since
                            union all
                            select 'run', batch_export_id, id, status, last_updated_at
                            from runs where finished_at >= :since
                            union all
                            select 'backfill', batch_export_id, id, status, last_updated_at
                            from backfills where last_updated_at >= :since
                            union all
                            select 'batch_export', id, id,
                                case when deleted_at is not null then 'deleted' when paused then 'paused'
                                    else 'active' end,
                                last_updated_at
                            from batch_exports where last_updated_at >= :since) as changed
                        join batch_exports on batch_exports.id = changed.export_id
                        order by changed.at limit :limit
                        """)
                .param("since", timestamp(since))
                .param("limit", limit)
                .query((row, number) -> new Change(
                        row.getLong("project_id"),
                        row.getString("kind"),
                        id(row, "export_id"),
                        id(row, "id"),
                        row.getString("status"),
                        instant(row, "at")))
                .list();
    }

    /// Version of the database server.
    String databaseVersion() {
        return jdbc.sql("show server_version").query(String.class).single();
    }

    private JdbcClient.StatementSpec overStarts(String sql, Map<UUID, Instant> starts) {
        UUID[] exports = starts.keySet().toArray(UUID[]::new);
        String[] times = new String[exports.length];
        for (int index = 0; index < exports.length; index++) {
            times[index] = Objects.requireNonNull(starts.get(exports[index])).toString();
        }
        return jdbc.sql(sql).param("exports", exports).param("starts", times);
    }

    private static UUID id(ResultSet row, String column) throws SQLException {
        return Objects.requireNonNull(row.getObject(column, UUID.class));
    }
}
