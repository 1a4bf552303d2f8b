package dev.batchexports.server.backfills;

import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.instantOrNull;
import static dev.batchexports.server.store.Columns.integerOrNull;
import static dev.batchexports.server.store.Columns.longOrNull;
import static dev.batchexports.server.store.Columns.timestamp;
import static dev.batchexports.server.store.Columns.timestampOrNull;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/// Backfills in the metadata database. A finished backfill never changes its status again.
@Repository
public class BackfillStore {
    private static final String ACTIVE = "finished_at is null";

    private final JdbcClient jdbc;

    public BackfillStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public void insert(Backfill backfill) {
        jdbc.sql("""
                        insert into backfills (id, batch_export_id, start_at, end_at, scope, concurrency, status,
                            total_runs, rerun_of, created_at, last_updated_at)
                        values (:id, :export, :start_at, :end_at, :scope, :concurrency, :status, :total_runs,
                            :rerun_of, :now, :now)
                        """)
                .param("id", backfill.id())
                .param("export", backfill.exportId())
                .param("start_at", timestampOrNull(backfill.startAt()))
                .param("end_at", timestamp(backfill.endAt()))
                .param("scope", backfill.scope().word())
                .param("concurrency", backfill.concurrency())
                .param("status", backfill.status().word())
                .param("total_runs", backfill.totalRuns())
                .param("rerun_of", backfill.rerunOf())
                .param("now", timestamp(backfill.createdAt()))
                .update();
    }

    /// As [#insert], of a backfill that exports what was missed during the latest pause: both are known, or neither.
    @Transactional
    public void insertToCatchUp(Backfill backfill) {
        insert(backfill);
        caughtUp(backfill.exportId());
    }

    /// Records that what was missed during the latest pause is exported.
    public void caughtUp(UUID exportId) {
        jdbc.sql("""
                        update export_pauses set caught_up = true where batch_export_id = :id and paused_at =
                            (select max(paused_at) from export_pauses where batch_export_id = :id)
                        """).param("id", exportId).update();
    }

    public Optional<Backfill> find(UUID id) {
        return jdbc.sql("select * from backfills where id = :id")
                .param("id", id)
                .query(BackfillStore::read)
                .optional();
    }

    public Optional<Backfill> find(UUID exportId, UUID id) {
        return find(id).filter(backfill -> backfill.exportId().equals(exportId));
    }

    /// A page of backfills, newest first.
    public List<Backfill> list(UUID exportId, @Nullable BackfillCursor after, int limit) {
        return jdbc.sql("""
                        select * from backfills
                        where batch_export_id = :export
                          and (:after_time::timestamptz is null
                               or (created_at, id) < (:after_time::timestamptz, :after_id::uuid))
                        order by created_at desc, id desc limit :limit
                        """)
                .param("export", exportId)
                .param("after_time", timestampOrNull(after == null ? null : after.createdAt()))
                .param("after_id", after == null ? null : after.id())
                .param("limit", limit)
                .query(BackfillStore::read)
                .list();
    }

    /// Backfills that are not finished, of every export.
    public List<Backfill> active() {
        return jdbc.sql("select * from backfills where " + ACTIVE)
                .query(BackfillStore::read)
                .list();
    }

    public List<Backfill> active(UUID exportId) {
        return jdbc.sql("select * from backfills where batch_export_id = :export and " + ACTIVE)
                .param("export", exportId)
                .query(BackfillStore::read)
                .list();
    }

    /// Moves an unfinished backfill to a status, and ends it when that is a final one.
    ///
    /// @return false when it was finished already: then nothing has changed
    public boolean move(UUID id, BackfillStatus status, Instant now) {
        return jdbc.sql("""
                                update backfills set status = :status, last_updated_at = :now,
                                    active_seconds = active_seconds + case when :running then 0 else
                                        coalesce(extract(epoch from :now::timestamptz - active_since), 0) end,
                                    active_since = case when :running
                                        then coalesce(active_since, :now::timestamptz) end,
                                    finished_at = case when :finished then :now::timestamptz end
                                where id = :id and %s
                                """.formatted(ACTIVE))
                        .param("id", id)
                        .param("status", status.word())
                        .param("finished", status.isFinished())
                        .param("running", status == BackfillStatus.RUNNING)
                        .param("now", timestamp(now))
                        .update()
                > 0;
    }

    /// Shows that a backfill has begun, unless it was paused or has ended in the meantime.
    public void begin(UUID id, Instant now) {
        jdbc.sql("""
                        update backfills set last_updated_at = :now, begun_at = coalesce(begun_at, :now::timestamptz),
                            active_since = case when status = 'Starting' then :now::timestamptz else active_since end,
                            status = case when status = 'Starting' then 'Running' else status end
                        where id = :id and %s
                        """.formatted(ACTIVE))
                .param("id", id)
                .param("now", timestamp(now))
                .update();
    }

    /// Fixes the range and the number of runs, once they are known.
    public void recordPlan(UUID id, Instant startAt, int totalRuns, Instant now) {
        jdbc.sql("""
                        update backfills set start_at = :start_at, total_runs = :total, last_updated_at = :now
                        where id = :id
                        """)
                .param("id", id)
                .param("start_at", timestamp(startAt))
                .param("total", totalRuns)
                .param("now", timestamp(now))
                .update();
    }

    /// Adds to the figures of a backfill.
    ///
    /// @param finished how many runs have ended
    /// @param failed how many of them not as Completed; less than none when a run made good for one
    /// @param rows how many rows they exported
    public void add(UUID id, int finished, int failed, long rows, Instant now) {
        jdbc.sql("""
                        update backfills set last_updated_at = :now, finished_runs = finished_runs + :finished,
                            failed_runs = failed_runs + :failed,
                            total_records_count = coalesce(total_records_count, 0) + :rows
                        where id = :id
                        """)
                .param("id", id)
                .param("finished", finished)
                .param("failed", failed)
                .param("rows", rows)
                .param("now", timestamp(now))
                .update();
    }

    /// Counts the backfill's runs anew: finished ones, failed ones among them, and their rows. Only the
    /// latest run of each interval counts.
    public void recount(UUID id, Instant now) {
        jdbc.sql("""
                        with latest as (
                            select distinct on (scheduled_at) status, records_completed from runs
                            where backfill_id = :id order by scheduled_at, generation desc)
                        update backfills set last_updated_at = :now,
                            (finished_runs, failed_runs, total_records_count) = (
                                select count(*) filter (where status not in ('Starting', 'Running')),
                                       count(*) filter (where status not in ('Starting', 'Running', 'Completed')),
                                       coalesce(sum(records_completed), 0)
                                from latest)
                        where id = :id
                        """).param("id", id).param("now", timestamp(now)).update();
    }

    private static Backfill read(ResultSet row, int number) throws SQLException {
        return new Backfill(
                Objects.requireNonNull(row.getObject("id", UUID.class)),
                Objects.requireNonNull(row.getObject("batch_export_id", UUID.class)),
                instantOrNull(row, "start_at"),
                instant(row, "end_at"),
                BackfillScope.of(row.getString("scope")),
                row.getInt("concurrency"),
                BackfillStatus.of(row.getString("status")),
                integerOrNull(row, "total_runs"),
                row.getInt("finished_runs"),
                row.getInt("failed_runs"),
                longOrNull(row, "total_records_count"),
                row.getObject("rerun_of", UUID.class),
                instant(row, "created_at"),
                instant(row, "last_updated_at"),
                instantOrNull(row, "begun_at"),
                instantOrNull(row, "active_since"),
                Duration.ofMillis(Math.round(row.getDouble("active_seconds") * 1000)),
                instantOrNull(row, "finished_at"));
    }
}
