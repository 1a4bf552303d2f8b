package dev.batchexports.server.backfills;

import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.timestamp;
import static dev.batchexports.server.store.Columns.timestampOrNull;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunKey;
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
                    and (columns is not null
                        or (status in ('Starting', 'Running') and workflow_id <> :workflow)))
            """;
    /// A run that a backfill's own workflow has taken: all others have workflows of their own.
    private static final String TAKEN = "backfill_id = :backfill and workflow_id = :workflow and status = 'Running'";

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
    /// by whichever run but those of [#takeEmpty] for this backfill.
    public Set<Instant> touched(Backfill backfill, List<EmptyInterval> intervals) {
        return bind(jdbc.sql("select boundary from " + WANTED + " where " + TOUCHED), backfill, intervals)
                .query((row, number) -> instant(row, "boundary"))
                .set();
    }

    /// Takes intervals that hold no rows, by runs that are Running in the backfill's own workflow: nobody else
    /// exports them until [#completeEmpty] or [#giveBackEmpty]. Leaves out those that this backfill has
    /// completed before, and those that another run has touched meanwhile.
    ///
    /// @param settings the fingerprint of the settings that the rows were counted with
    /// @return the runs of those that were taken
    @Transactional
    public List<RunKey> takeEmpty(
            Backfill backfill, BatchExport export, String settings, List<EmptyInterval> intervals, Instant now) {
        bind(jdbc.sql("""
                        insert into runs (id, batch_export_id, backfill_id, trigger, status, data_interval_start,
                            data_interval_end, scheduled_at, export_version, records_total_count, settings,
                            workflow_id, created_at, started_at, last_updated_at)
                        select gen_random_uuid(), :export, :backfill, 'backfill', 'Running', start_at, end_at,
                            boundary, :version, 0, :settings, :workflow, :now, :now, :now
                        from %s
                        where not %s
                          and not exists (
                            select from runs where batch_export_id = :export and scheduled_at = boundary
                                and backfill_id = :backfill)
                        order by boundary
                        on conflict do nothing
                        """.formatted(WANTED, TOUCHED)), backfill, intervals)
                .param("backfill", backfill.id())
                .param("version", export.version())
                .param("settings", settings)
                .param("now", timestamp(now))
                .update();
        return jdbc.sql("""
                        select id, generation, data_interval_start, data_interval_end from runs
                        where %s order by scheduled_at
                        """.formatted(TAKEN))
                .param("backfill", backfill.id())
                .param("workflow", backfill.workflowId())
                .query((row, number) -> new RunKey(
                        backfill.exportId(),
                        row.getObject("id", UUID.class),
                        row.getLong("generation"),
                        new Interval(instant(row, "data_interval_start"), instant(row, "data_interval_end"))))
                .list();
    }

    /// Ends the runs of [#takeEmpty] as Completed with zero rows, and counts them.
    ///
    /// @return how many there were
    @Transactional
    public int completeEmpty(Backfill backfill, List<EmptyInterval> intervals, Instant now) {
        int completed = bind(jdbc.sql("""
                        update runs set status = 'Completed', finished_at = :now, last_updated_at = :now,
                            next_recount_at = recount_at
                        from %s
                        where scheduled_at = boundary and batch_export_id = :export and %s
                        """.formatted(WANTED, TAKEN)), backfill, intervals)
                .param("backfill", backfill.id())
                .param("now", timestamp(now))
                .update();
        if (completed > 0) {
            backfills.add(backfill.id(), completed, 0, 0, now);
        }
        return completed;
    }

    /// Forgets the runs of [#takeEmpty] that were not completed: their intervals are missing then.
    public void giveBackEmpty(Backfill backfill) {
        jdbc.sql("delete from runs where " + TAKEN)
                .param("backfill", backfill.id())
                .param("workflow", backfill.workflowId())
                .update();
    }

    private static JdbcClient.StatementSpec bind(
            JdbcClient.StatementSpec statement, Backfill backfill, List<EmptyInterval> intervals) {
        return statement
                .param("export", backfill.exportId())
                .param("workflow", backfill.workflowId())
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

    /// The boundaries in `(after, until]` that have a run of a backfill, whatever became of it.
    public Set<Instant> boundaries(Backfill backfill, Instant after, Instant until) {
        return jdbc.sql("""
                        select scheduled_at from runs
                        where batch_export_id = :export and backfill_id = :backfill
                            and scheduled_at > :after and scheduled_at <= :until
                        """)
                .param("export", backfill.exportId())
                .param("backfill", backfill.id())
                .param("after", timestamp(after))
                .param("until", timestamp(until))
                .query((row, number) -> instant(row, "scheduled_at"))
                .set();
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
