package dev.batchexports.server.backfills;

import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.timestamp;
import static dev.batchexports.server.store.Columns.timestampOrNull;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/// The runs of a backfill in the metadata database, many at a time.
@Repository
public class BackfillRunStore {
    /// A run that was planned may have written something; one that is not finished still may. Another grid may
    /// have cut time otherwise, so that what counts is the time and not the boundary. An interval has ten days
    /// at most, which lets the index find the runs.
    private static final String TOUCHED = """
            exists (
                select from runs where batch_export_id = :export
                    and data_interval_start < wanted.end_at and data_interval_end > wanted.start_at
                    and data_interval_start > wanted.start_at - interval '10 days'
                    and (columns is not null or status in ('Starting', 'Running')))
            """;
    private static final String WANTED = """
            unnest(:starts::text[]::timestamptz[], :ends::text[]::timestamptz[], :boundaries::text[]::timestamptz[],
                :recounts::text[]::timestamptz[]) as wanted(start_at, end_at, boundary, recount_at)
            """;

    private final JdbcClient jdbc;
    private final BackfillStore backfills;

    public BackfillRunStore(JdbcClient jdbc, BackfillStore backfills) {
        this.jdbc = jdbc;
        this.backfills = backfills;
    }

    /// An interval that holds no rows, or may hold none.
    ///
    /// @param boundary that the interval is scheduled for
    /// @param recountAt when its rows are counted again; null for never
    public record EmptyInterval(
            Instant boundary, Interval interval, @Nullable Instant recountAt) {}

    /// The boundaries of those intervals of which something may be at the destination, or is on its way there,
    /// by whichever run.
    public Set<Instant> touched(UUID exportId, List<EmptyInterval> intervals) {
        return bind(jdbc.sql("select boundary from " + WANTED + " where " + TOUCHED), exportId, intervals)
                .query((row, number) -> instant(row, "boundary"))
                .set();
    }

    /// Records intervals as exported with zero rows, by runs that have ended as Completed, and counts them.
    /// Leaves out those that this backfill has recorded before, and those that another run has touched
    /// meanwhile.
    ///
    /// @param settings the fingerprint of the settings that the rows were counted with
    /// @return how many were recorded
    @Transactional
    public int recordEmpty(
            Backfill backfill, BatchExport export, String settings, List<EmptyInterval> intervals, Instant now) {
        int recorded = bind(jdbc.sql("""
                        insert into runs (id, batch_export_id, backfill_id, trigger, status, data_interval_start,
                            data_interval_end, scheduled_at, export_version, records_total_count, settings,
                            workflow_id, created_at, started_at, finished_at, last_updated_at, next_recount_at)
                        select gen_random_uuid(), :export, :backfill, 'backfill', 'Completed', start_at, end_at,
                            boundary, :version, 0, :settings, :workflow, :now, :now, :now, :now, recount_at
                        from %s
                        where not %s
                          and not exists (
                            select from runs where batch_export_id = :export and scheduled_at = boundary
                                and backfill_id = :backfill)
                        order by boundary
                        """.formatted(WANTED, TOUCHED)), export.id(), intervals)
                .param("backfill", backfill.id())
                .param("version", export.version())
                .param("settings", settings)
                .param("workflow", backfill.workflowId())
                .param("now", timestamp(now))
                .update();
        if (recorded > 0) {
            backfills.add(backfill.id(), recorded, 0, 0, now);
        }
        return recorded;
    }

    private static JdbcClient.StatementSpec bind(
            JdbcClient.StatementSpec statement, UUID exportId, List<EmptyInterval> intervals) {
        return statement
                .param("export", exportId)
                .param(
                        "starts",
                        times(intervals, interval -> interval.interval().start()))
                .param("ends", times(intervals, interval -> interval.interval().end()))
                .param("boundaries", times(intervals, EmptyInterval::boundary))
                .param("recounts", times(intervals, EmptyInterval::recountAt));
    }

    /// As texts, since the driver binds no arrays of times.
    private static @Nullable String[] times(
            List<EmptyInterval> intervals, Function<EmptyInterval, @Nullable Instant> time) {
        @Nullable String[] texts = new @Nullable String[intervals.size()];
        for (int index = 0; index < texts.length; index++) {
            Instant instant = time.apply(intervals.get(index));
            texts[index] = instant == null ? null : instant.toString();
        }
        return texts;
    }

    /// The boundaries of a backfill whose latest run did not end as Completed, unless another run has
    /// completed the interval since; oldest first.
    ///
    /// @param after null for the first ones
    public List<Instant> failed(Backfill backfill, @Nullable Instant after, int limit) {
        return jdbc.sql("""
                        select scheduled_at from (
                            select distinct on (scheduled_at) scheduled_at, generation, status from runs
                            where backfill_id = :backfill
                              and (:after::timestamptz is null or scheduled_at > :after::timestamptz)
                            order by scheduled_at, generation desc) as latest
                        where status in ('Failed', 'Cancelled', 'Terminated', 'TimedOut')
                          and not exists (
                            select from runs where batch_export_id = :export and scheduled_at = latest.scheduled_at
                                and status = 'Completed' and generation > latest.generation)
                        order by scheduled_at limit :limit
                        """)
                .param("backfill", backfill.id())
                .param("export", backfill.exportId())
                .param("after", timestampOrNull(after))
                .param("limit", limit)
                .query((row, number) -> instant(row, "scheduled_at"))
                .list();
    }

    /// Counts a run that has just ended. An interval counts once, as its latest run ended. Belongs into the
    /// transaction that ends the run.
    public void count(Run ended, UUID backfillId, Instant now) {
        jdbc.sql("""
                        with former as (
                            select status, records_completed from runs
                            where batch_export_id = :export and backfill_id = :backfill and scheduled_at = :boundary
                              and generation < :generation
                            order by generation desc limit 1)
                        update backfills set last_updated_at = :now,
                            finished_runs = finished_runs + 1 - (select count(*) from former),
                            failed_runs = failed_runs + (select count(*) from (values (:status)) as ended(status)
                                    where ended.status <> 'Completed')
                                - (select count(*) from former where status <> 'Completed'),
                            total_records_count = coalesce(total_records_count, 0) + :rows
                                - coalesce((select records_completed from former), 0)
                        where id = :backfill
                        """)
                .param("export", ended.exportId())
                .param("backfill", backfillId)
                .param("boundary", timestamp(ended.scheduledAt()))
                .param("generation", ended.generation())
                .param("status", ended.status().word())
                .param("rows", ended.recordsCompleted())
                .param("now", timestamp(now))
                .update();
    }
}
