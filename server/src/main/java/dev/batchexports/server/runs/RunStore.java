package dev.batchexports.server.runs;

import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.instantOrNull;
import static dev.batchexports.server.store.Columns.longOrNull;
import static dev.batchexports.server.store.Columns.timestamp;
import static dev.batchexports.server.store.Columns.timestampOrNull;

import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.Source;
import dev.batchexports.core.source.SourceColumn;
import dev.batchexports.server.store.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.core.type.TypeReference;

/// Runs in the metadata database, with their slices, attempts and files.
///
/// A finished run never changes its status again: every method that moves a run on leaves a finished one
/// as it is.
@Repository
public class RunStore {
    private static final String ACTIVE = "status in ('Starting', 'Running')";

    /// No interval is longer than a week and a change of its zone.
    private static final Duration LONGEST_INTERVAL = Duration.ofDays(10);

    /// A completed run that touches the interval of `runs`.
    private static final String OTHER_COMPLETED = """
            select from runs as other
            where other.batch_export_id = runs.batch_export_id and other.status = 'Completed'
              and other.data_interval_start < runs.data_interval_end
              and other.data_interval_end > runs.data_interval_start
              and other.data_interval_start > runs.data_interval_start - interval '10 days'
            """;

    /// One that was created after it.
    private static final String LATER_COMPLETED = OTHER_COMPLETED + " and other.generation > runs.generation";

    private final JdbcClient jdbc;

    public RunStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Creates a run with status Starting. Creating it again (the same id) returns the run that is
    /// there.
    ///
    /// @throws RunAlreadyActiveException when another run of the interval is not finished
    public Run create(NewRun run, Instant now) {
        try {
            return jdbc.sql("""
                            insert into runs (id, batch_export_id, backfill_id, retry_of, trigger, status,
                                data_interval_start, data_interval_end, scheduled_at, export_version, workflow_id,
                                workflow_run_id, created_at, last_updated_at)
                            values (:id, :export, :backfill, :retry_of, :trigger, 'Starting', :start, :end,
                                :scheduled_at, :export_version, :workflow_id, :workflow_run_id, :now, :now)
                            on conflict (id) do nothing returning *
                            """)
                    .param("id", run.id())
                    .param("export", run.exportId())
                    .param("backfill", run.backfillId())
                    .param("retry_of", run.retryOf())
                    .param("trigger", run.trigger().word())
                    .param("start", timestamp(run.interval().start()))
                    .param("end", timestamp(run.interval().end()))
                    .param("scheduled_at", timestamp(run.scheduledAt()))
                    .param("export_version", run.exportVersion())
                    .param("workflow_id", run.workflowId())
                    .param("workflow_run_id", run.workflowRunId())
                    .param("now", timestamp(now))
                    .query(RunStore::read)
                    .optional()
                    .or(() -> find(run.id()))
                    .orElseThrow();
        } catch (DuplicateKeyException e) {
            throw new RunAlreadyActiveException(run.scheduledAt());
        }
    }

    public Optional<Run> find(UUID id) {
        return jdbc.sql("select * from runs where id = :id")
                .param("id", id)
                .query(RunStore::read)
                .optional();
    }

    public Optional<Run> find(UUID exportId, UUID id) {
        return find(id).filter(run -> run.exportId().equals(exportId));
    }

    /// The run of an interval that is not finished.
    public Optional<Run> activeAt(UUID exportId, Instant scheduledAt) {
        return jdbc.sql("select * from runs where batch_export_id = :export and scheduled_at = :at and " + ACTIVE)
                .param("export", exportId)
                .param("at", timestamp(scheduledAt))
                .query(RunStore::read)
                .optional();
    }

    /// A page of runs, newest interval first.
    public List<Run> list(UUID exportId, RunFilter filter, @Nullable RunCursor after, int limit) {
        return jdbc.sql("""
                        select * from runs
                        where batch_export_id = :export
                          and (:any_status or status = any(:statuses))
                          and (:start::timestamptz is null or data_interval_start >= :start::timestamptz)
                          and (:end::timestamptz is null or data_interval_end <= :end::timestamptz)
                          and (:backfill::uuid is null or backfill_id = :backfill::uuid)
                          and (:after_start::timestamptz is null
                               or (data_interval_start, generation)
                                  < (:after_start::timestamptz, :after_generation::bigint))
                        order by data_interval_start desc, generation desc limit :limit
                        """)
                .param("export", exportId)
                .param("any_status", filter.statuses().isEmpty())
                .param(
                        "statuses",
                        filter.statuses().stream().map(RunStatus::word).toArray(String[]::new))
                .param("start", timestampOrNull(filter.start()))
                .param("end", timestampOrNull(filter.end()))
                .param("backfill", filter.backfillId())
                .param("after_start", after == null ? null : timestamp(after.intervalStart()))
                .param("after_generation", after == null ? null : after.generation())
                .param("limit", limit)
                .query(RunStore::read)
                .list();
    }

    /// The latest runs of each of several exports, newest first.
    public Map<UUID, List<Run>> latest(Collection<UUID> exportIds, int count) {
        if (exportIds.isEmpty()) {
            return Map.of();
        }
        return jdbc
                .sql("""
                        select latest.* from unnest(:exports) as export(id)
                        cross join lateral (
                            select * from runs where batch_export_id = export.id
                            order by generation desc limit :count) as latest
                        order by latest.generation desc
                        """)
                .param("exports", exportIds.toArray(UUID[]::new))
                .param("count", count)
                .query(RunStore::read)
                .list()
                .stream()
                .collect(Collectors.groupingBy(Run::exportId));
    }

    /// Whether the schedule has started a run for a boundary before, whatever became of it.
    public boolean hasScheduledRun(UUID exportId, Instant scheduledAt) {
        return jdbc.sql("""
                        select exists (select from runs
                        where batch_export_id = :export and scheduled_at = :at and trigger = 'schedule')
                        """)
                .param("export", exportId)
                .param("at", timestamp(scheduledAt))
                .query(Boolean.class)
                .single();
    }

    /// Whether a run belongs to a backfill of gaps, or of intervals of which a run has completed since the backfill
    /// was asked for.
    public boolean isOvertakenOrOfGaps(UUID id) {
        return jdbc.sql("""
                        select exists (
                            select from backfills where id = runs.backfill_id and (scope = 'gaps' or exists (
                                %s and other.finished_at >= backfills.created_at)))
                        from runs where id = :id
                        """.formatted(OTHER_COMPLETED))
                .param("id", id)
                .query(Boolean.class)
                .single();
    }

    /// Lifts the generations of the runs to come to the time in milliseconds since 1970. A database that was
    /// restored to an earlier state has forgotten which generations it gave away, but those that it gives away now
    /// must be greater: destinations keep them. More than 1,000 runs a second, all the time, would be needed to
    /// outrun the clock.
    ///
    /// The margin keeps away from numbers that others may be taking in this moment.
    public void raiseGenerations() {
        jdbc.sql("""
                        select setval('runs_generation_seq', floor.milliseconds)
                        from runs_generation_seq as taken,
                            (select (extract(epoch from clock_timestamp()) * 1000)::bigint as milliseconds) as floor
                        where taken.last_value < floor.milliseconds - 1000
                        """).query(Long.class).optional();
    }

    /// Whether a backfill has a run that is not finished and has a workflow of its own.
    ///
    /// @param workflowId the backfill's
    public boolean hasActive(UUID backfillId, String workflowId) {
        return jdbc.sql("""
                        select exists (
                            select from runs where backfill_id = :backfill and workflow_id <> :workflow and %s)
                        """.formatted(ACTIVE))
                .param("backfill", backfillId)
                .param("workflow", workflowId)
                .query(Boolean.class)
                .single();
    }

    /// Every run that is not finished, of every export.
    public List<Run> active() {
        return jdbc.sql("select * from runs where " + ACTIVE + " order by generation")
                .query(RunStore::read)
                .list();
    }

    /// The runs of an export that are not finished.
    public List<Run> active(UUID exportId) {
        return jdbc.sql("select * from runs where batch_export_id = :export and " + ACTIVE + " order by generation")
                .param("export", exportId)
                .query(RunStore::read)
                .list();
    }

    /// The rows of the latest completed run of each interval within `[start, end)`, by the boundary that it
    /// was scheduled for.
    public Map<Instant, Long> completedRows(UUID exportId, Instant start, Instant end) {
        Map<Instant, Long> rows = new HashMap<>();
        jdbc.sql("""
                        select distinct on (scheduled_at) scheduled_at, records_completed from runs
                        where batch_export_id = :export and status = 'Completed'
                          and data_interval_start >= :start and data_interval_start < :end
                        order by scheduled_at, generation desc
                        """)
                .param("export", exportId)
                .param("start", timestamp(start))
                .param("end", timestamp(end))
                .query((RowCallbackHandler)
                        row -> rows.put(instant(row, "scheduled_at"), row.getLong("records_completed")));
        return rows;
    }

    /// What the runs of an export have made of `[start, end)`.
    public Coverage coverage(UUID exportId, Instant start, Instant end) {
        return new Coverage(jdbc.sql("""
                        select id, data_interval_start, data_interval_end, status, records_completed, rows_late,
                            commit_started_at is not null as commit_began
                        from runs
                        where batch_export_id = :export
                          and data_interval_start < :end and data_interval_end > :start
                          and data_interval_start > :earliest
                        order by generation
                        """)
                .param("export", exportId)
                .param("start", timestamp(start))
                .param("end", timestamp(end))
                // For the index: an interval that starts before this ends before the range.
                .param("earliest", timestamp(start.minus(LONGEST_INTERVAL)))
                .query(RunStore::readOutcome)
                .list());
    }

    /// Whether runs have exported all of an interval, as far as anybody knows.
    public boolean isCovered(UUID exportId, Interval interval) {
        return coverage(exportId, interval.start(), interval.end()).covers(interval);
    }

    /// The start of the first interval that has a run.
    public Optional<Instant> earliestStart(UUID exportId) {
        return jdbc.sql("""
                        select data_interval_start from runs where batch_export_id = :export
                        order by data_interval_start limit 1
                        """)
                .param("export", exportId)
                .query((row, number) -> instant(row, "data_interval_start"))
                .optional();
    }

    /// The greatest boundary that a run was scheduled for.
    public Optional<Instant> latestBoundary(UUID exportId) {
        return jdbc.sql(
                        "select scheduled_at from runs where batch_export_id = :export order by scheduled_at desc limit 1")
                .param("export", exportId)
                .query((row, number) -> instant(row, "scheduled_at"))
                .optional();
    }

    /// The rows of some exports that became visible late and that no later run has exported.
    public Map<UUID, Long> lateRows(Collection<UUID> exportIds) {
        Map<UUID, Long> late = new HashMap<>();
        jdbc.sql("""
                        select batch_export_id, sum(rows_late) as rows from runs
                        where batch_export_id = any(:exports) and rows_late > 0 and not exists (%s)
                        group by batch_export_id
                        """.formatted(LATER_COMPLETED))
                .param("exports", exportIds.toArray(UUID[]::new))
                .query((RowCallbackHandler) row -> late.put(
                        Objects.requireNonNull(row.getObject("batch_export_id", UUID.class)), row.getLong("rows")));
        return late;
    }

    /// Completed runs whose rows are to be counted again by now, those that have waited longest first. Of
    /// intervals that have a later completed run only that one is counted.
    @Transactional
    public List<Run> recountsDue(Instant now, int limit) {
        jdbc.sql("update runs set next_recount_at = null where next_recount_at <= :now and exists (%s)"
                        .formatted(LATER_COMPLETED))
                .param("now", timestamp(now))
                .update();
        return jdbc.sql("select * from runs where next_recount_at <= :now order by next_recount_at limit :limit")
                .param("now", timestamp(now))
                .param("limit", limit)
                .query(RunStore::read)
                .list();
    }

    /// Puts the next count of a completed run's rows off.
    ///
    /// @param next null for never
    public void recountAt(UUID id, @Nullable Instant next) {
        jdbc.sql("update runs set next_recount_at = :next where id = :id")
                .param("id", id)
                .param("next", timestampOrNull(next))
                .update();
    }

    /// Records how many rows of a completed run's interval it has not exported.
    ///
    /// @param next when they are counted again; null for never
    public void recounted(UUID id, long rowsLate, @Nullable Instant next) {
        jdbc.sql("""
                        update runs set rows_late = :late, recounts = recounts + 1, next_recount_at = :next
                        where id = :id
                        """)
                .param("id", id)
                .param("late", rowsLate)
                .param("next", timestampOrNull(next))
                .update();
    }

    /// Records which workflow execution works on a run.
    public void attachWorkflow(UUID id, String workflowRunId, Instant now) {
        jdbc.sql("update runs set workflow_run_id = :workflow_run_id, last_updated_at = :now where id = :id")
                .param("id", id)
                .param("workflow_run_id", workflowRunId)
                .param("now", timestamp(now))
                .update();
    }

    /// Ends a run.
    ///
    /// @return false when it was finished already: then nothing has changed
    public boolean finish(UUID id, RunStatus status, @Nullable RunError error, Instant now) {
        return finish(id, status, error, null, now).isPresent();
    }

    /// Ends a run.
    ///
    /// @param recountAt when the rows of its interval are counted again if it completed; null for never
    /// @return the run as it is now; empty when it was finished already: then nothing has changed
    public Optional<Run> finish(
            UUID id, RunStatus status, @Nullable RunError error, @Nullable Instant recountAt, Instant now) {
        if (!status.isFinished()) {
            throw new IllegalArgumentException(status + " does not finish a run");
        }
        return jdbc.sql("""
                        update runs set status = :status, finished_at = :now, next_retry_at = null,
                            started_at = coalesce(started_at, :now),
                            latest_error = case when :completed then null
                                else coalesce(:error::jsonb, latest_error) end,
                            next_recount_at = case when :completed then :recount_at::timestamptz end,
                            last_updated_at = :now
                        where id = :id and %s returning *
                        """.formatted(ACTIVE))
                .param("id", id)
                .param("status", status.word())
                .param("completed", status == RunStatus.COMPLETED)
                .param("error", Json.writeOrNull(error))
                .param("recount_at", timestampOrNull(recountAt))
                .param("now", timestamp(now))
                .query(RunStore::read)
                .optional();
    }

    /// Removes a run that never started: its workflow could not be.
    public void deleteUnstarted(UUID id) {
        jdbc.sql("delete from runs where id = :id and status = 'Starting' and workflow_run_id is null")
                .param("id", id)
                .update();
    }

    /// Stores the plan of a run, unless it has one: a repeated plan of the same run keeps the first,
    /// whose slices may be transferred already.
    ///
    /// @param settings fingerprint of what it was planned with, which differs whenever the settings do
    /// @return false when the run has a plan already, or has ended: then nothing has changed
    public boolean savePlan(UUID id, Plan plan, String settings, Instant now) {
        return jdbc.sql("""
                        with planned as (
                            update runs set records_total_count = :rows, columns = :columns::jsonb,
                                settings = :settings, last_updated_at = :now
                            where id = :id and columns is null and %s returning id),
                        cut as (
                            insert into run_slices
                                (run_id, number, range_start, range_end, bucket, buckets, rows, bytes)
                            select planned.id, (slice ->> 'number')::int,
                                (slice #>> '{range,start}')::timestamptz, (slice #>> '{range,end}')::timestamptz,
                                (slice ->> 'bucket')::int, (slice ->> 'buckets')::int,
                                (slice ->> 'rows')::bigint, (slice ->> 'bytes')::bigint
                            from planned cross join jsonb_array_elements(:slices::jsonb) as slice)
                        select count(*) > 0 from planned
                        """.formatted(ACTIVE))
                .param("id", id)
                .param("rows", plan.rows())
                .param("columns", Json.write(plan.columns()))
                .param("settings", settings)
                .param("slices", Json.write(plan.slices()))
                .param("now", timestamp(now))
                .query(Boolean.class)
                .single();
    }

    /// What a run was planned as; empty before it is planned.
    public Optional<StoredPlan> plan(UUID id) {
        return jdbc.sql("select columns::text, settings from runs where id = :id and columns is not null")
                .param("id", id)
                .query((row, number) -> new StoredPlan(
                        Json.read(row.getString("columns"), new TypeReference<List<SourceColumn>>() {}),
                        Objects.requireNonNullElse(row.getString("settings"), ""),
                        slices(id)))
                .optional();
    }

    /// The fingerprint of the settings that a run was planned with; empty before it is planned.
    public Optional<String> settings(UUID id) {
        return jdbc.sql("select settings from runs where id = :id and settings is not null")
                .param("id", id)
                .query(String.class)
                .optional();
    }

    /// Records how many rows the interval has, counted anew after everything was written.
    public void recordCounted(UUID id, long rows, Instant now) {
        jdbc.sql("""
                        update runs set records_total_count = :rows, last_updated_at = :now,
                            rows_late = greatest(:rows - records_completed, 0)
                        where id = :id and %s
                        """.formatted(ACTIVE))
                .param("id", id)
                .param("rows", rows)
                .param("now", timestamp(now))
                .update();
    }

    /// All slices of a run's plan, in order.
    public List<StoredSlice> slices(UUID id) {
        return jdbc.sql("select * from run_slices where run_id = :run order by number")
                .param("run", id)
                .query(RunStore::readSlice)
                .list();
    }

    /// How far a slice has come; also a sign of life of the run.
    @Transactional
    public void recordProgress(UUID id, int slice, long bytesDone, Instant now) {
        if (!lockUnfinished(id)) {
            return;
        }
        jdbc.sql(
                        "update run_slices set bytes_done = :bytes where run_id = :run and number = :number and receipt is null")
                .param("run", id)
                .param("number", slice)
                .param("bytes", bytesDone)
                .update();
        sumProgress(id, now);
    }

    /// Remembers that a slice was transferred, unless another attempt was faster: that one's may be committed by now.
    ///
    /// @return the receipt that counts
    @Transactional
    public SliceReceipt saveReceipt(UUID id, SliceReceipt receipt, Instant now) {
        if (lockUnfinished(id)) {
            int saved = jdbc.sql("""
                            update run_slices set receipt = :receipt::jsonb, bytes_done = :bytes
                            where run_id = :run and number = :number and receipt is null
                            """)
                    .param("run", id)
                    .param("number", receipt.number())
                    .param("receipt", Json.write(receipt))
                    .param("bytes", receipt.bytes())
                    .update();
            if (saved > 0) {
                sumProgress(id, now);
                return receipt;
            }
        }
        return jdbc.sql(
                        "select receipt from run_slices where run_id = :run and number = :number and receipt is not null")
                .param("run", id)
                .param("number", receipt.number())
                .query(String.class)
                .optional()
                .map(stored -> Json.read(stored, SliceReceipt.class))
                .orElse(receipt);
    }

    /// Forgets that slices were transferred: they have to be written again.
    @Transactional
    public void discardReceipts(UUID id, Set<Integer> numbers, Instant now) {
        if (!lockUnfinished(id)) {
            return;
        }
        jdbc.sql("""
                        update run_slices set receipt = null, bytes_done = 0
                        where run_id = :run and number = any(:numbers)
                        """)
                .param("run", id)
                .param("numbers", numbers.toArray(Integer[]::new))
                .update();
        sumProgress(id, now);
    }

    /// Keeps a run from being ended, and from being written by others, until the transaction ends. It comes first
    /// and in a statement of its own, so that what follows sees what whoever held it has stored.
    ///
    /// @return false when the run has ended: a worker that does not know it yet must not change it
    private boolean lockUnfinished(UUID id) {
        return jdbc.sql("select 1 from runs where id = :id and " + ACTIVE + " for update")
                .param("id", id)
                .query(Integer.class)
                .optional()
                .isPresent();
    }

    private void sumProgress(UUID id, Instant now) {
        jdbc.sql("""
                        update runs set last_updated_at = :now, (bytes_exported, records_completed) = (
                            select coalesce(sum(bytes_done), 0), coalesce(sum((receipt ->> 'rows')::bigint), 0)
                            from run_slices where run_id = :id)
                        where id = :id
                        """).param("id", id).param("now", timestamp(now)).update();
    }

    /// Ends the attempts of a stage that came before one and never said how they ended: their worker was
    /// lost.
    ///
    /// @param slice -1 for a stage without slices
    /// @return how many there were
    public int closeLostAttempts(UUID id, String stage, int slice, int before, RunError error, Instant now) {
        return jdbc.sql("""
                        update run_attempts set finished_at = :now, error = :error::jsonb
                        where run_id = :run and stage = :stage and slice = :slice and number < :before
                          and finished_at is null
                        """)
                .param("run", id)
                .param("stage", stage)
                .param("slice", slice)
                .param("before", before)
                .param("error", Json.write(error))
                .param("now", timestamp(now))
                .update();
    }

    /// Records that an attempt has begun, and with the first one that the run has. While a slice waits for its
    /// next attempt, the run goes on showing that one, not the first attempts of other slices.
    ///
    /// @param slice -1 for a stage without slices
    /// @return its number is one more than the last of the same stage and slice had
    public StartedAttempt attemptStarted(UUID id, String stage, int slice, Instant now) {
        Optional<StartedAttempt> started;
        do {
            // Two workers may take the same number, of whom one is presumed dead: then this one takes the next.
            started = jdbc.sql("""
                            with started as (
                                insert into run_attempts (run_id, stage, slice, number, started_at)
                                select :run, :stage, :slice, coalesce(max(number), 0) + 1, :now from run_attempts
                                where run_id = :run and stage = :stage and slice = :slice
                                on conflict do nothing returning number),
                            shown as (
                                update runs set last_updated_at = :now, status = 'Running',
                                    started_at = coalesce(started_at, :now),
                                    attempt = case when next_retry_at is not null and started.number < attempt
                                        then attempt else started.number end,
                                    next_retry_at = case when next_retry_at is not null and started.number < attempt
                                        then next_retry_at end
                                from started where id = :run and %s)
                            select number, coalesce((
                                select count(*) from run_attempts
                                where run_id = :run and error ->> 'code' = :memory_limit
                                group by stage, slice order by 1 desc limit 1), 0) out_of_memory
                            from started
                            """.formatted(ACTIVE))
                    .param("run", id)
                    .param("stage", stage)
                    .param("slice", slice)
                    .param("now", timestamp(now))
                    .param("memory_limit", Source.MEMORY_LIMIT)
                    .query((row, _) -> new StartedAttempt(row.getInt("number"), row.getInt("out_of_memory")))
                    .optional();
        } while (started.isEmpty());
        return started.get();
    }

    public void attemptSucceeded(UUID id, String stage, int slice, int number, Instant now) {
        jdbc.sql("""
                        update run_attempts set finished_at = :now
                        where run_id = :run and stage = :stage and slice = :slice and number = :number
                        """)
                .param("run", id)
                .param("stage", stage)
                .param("slice", slice)
                .param("number", number)
                .param("now", timestamp(now))
                .update();
    }

    /// Records a failed attempt, and shows its error on the run.
    ///
    /// @param nextRetryAt null when it is not retried
    @Transactional
    public void attemptFailed(
            UUID id, String stage, int slice, int number, RunError error, @Nullable Instant nextRetryAt, Instant now) {
        jdbc.sql("""
                        update run_attempts set finished_at = :now, error = :error::jsonb
                        where run_id = :run and stage = :stage and slice = :slice and number = :number
                        """)
                .param("run", id)
                .param("stage", stage)
                .param("slice", slice)
                .param("number", number)
                .param("error", Json.write(error))
                .param("now", timestamp(now))
                .update();
        showError(id, number, error, nextRetryAt, now);
    }

    /// Shows on an unfinished run what its latest attempt failed with and when it is tried again.
    public void showError(UUID id, int attempt, RunError error, @Nullable Instant nextRetryAt, Instant now) {
        jdbc.sql("""
                        update runs set attempt = :number, latest_error = :error::jsonb, next_retry_at = :next_retry_at,
                            last_updated_at = :now
                        where id = :run and %s
                        """.formatted(ACTIVE))
                .param("run", id)
                .param("number", attempt)
                .param("error", Json.write(error))
                .param("next_retry_at", timestampOrNull(nextRetryAt))
                .param("now", timestamp(now))
                .update();
    }

    /// Records that the destination may hold part of a run from now on.
    ///
    /// @param exportVersion as far as the caller knows
    /// @return false when the run has ended or its export has another version by now: then it must not be
    ///     committed as the caller was about to
    public boolean beginCommit(UUID id, long exportVersion, Instant now) {
        return jdbc.sql("""
                                update runs set commit_started_at = coalesce(commit_started_at, :now),
                                    last_updated_at = :now
                                where id = :id and %s and :version =
                                    (select version from batch_exports where batch_exports.id = batch_export_id)
                                """.formatted(ACTIVE))
                        .param("id", id)
                        .param("version", exportVersion)
                        .param("now", timestamp(now))
                        .update()
                > 0;
    }

    /// Whether the destination may hold part of a run: its commit has begun, and it was not found since that
    /// slices have to be transferred again.
    public boolean mayBeCommitted(UUID id) {
        return jdbc.sql("""
                        select exists (select from runs where id = :id and commit_started_at is not null)
                            and not exists (select from run_slices where run_id = :id and receipt is null)
                        """).param("id", id).query(Boolean.class).single();
    }

    /// Stores what the commit of a run made visible.
    public void saveFiles(UUID id, List<CommittedFile> files, OptionalLong rowsAtDestination, Instant now) {
        jdbc.sql("""
                        with run as (
                            update runs set files_count = :files, records_at_destination = :at_destination,
                                last_updated_at = :now
                            where id = :run and %s returning id),
                        former as (
                            delete from run_files using run where run_id = run.id and position >= :files)
                        insert into run_files (run_id, position, key, rows, bytes, checksum)
                        select run.id, file.position - 1, file.fields ->> 'key', (file.fields ->> 'rows')::bigint,
                            (file.fields ->> 'bytes')::bigint, file.fields ->> 'checksum'
                        from run cross join
                            jsonb_array_elements(:fields::jsonb) with ordinality as file(fields, position)
                        on conflict (run_id, position) do update set
                            key = excluded.key, rows = excluded.rows, bytes = excluded.bytes,
                            checksum = excluded.checksum
                        """.formatted(ACTIVE))
                .param("run", id)
                .param("files", files.size())
                .param("at_destination", rowsAtDestination.isPresent() ? rowsAtDestination.getAsLong() : null)
                .param("fields", Json.write(files))
                .param("now", timestamp(now))
                .update();
    }

    /// Stores that the interval of a run was at the destination before it was committed.
    ///
    /// @param rows how many are there
    public void saveRowsFound(UUID id, long rows, Instant now) {
        jdbc.sql("""
                        update runs set records_completed = :rows, records_at_destination = :rows,
                            last_updated_at = :now
                        where id = :id and %s
                        """.formatted(ACTIVE))
                .param("id", id)
                .param("rows", rows)
                .param("now", timestamp(now))
                .update();
    }

    public List<CommittedFile> files(UUID id) {
        return jdbc.sql("select key, rows, bytes, checksum from run_files where run_id = :run order by position")
                .param("run", id)
                .query((row, number) -> new CommittedFile(
                        row.getString("key"), row.getLong("rows"), row.getLong("bytes"), row.getString("checksum")))
                .list();
    }

    private static RunOutcome readOutcome(ResultSet row, int number) throws SQLException {
        return new RunOutcome(
                Objects.requireNonNull(row.getObject("id", UUID.class)),
                new Interval(instant(row, "data_interval_start"), instant(row, "data_interval_end")),
                RunStatus.of(row.getString("status")),
                row.getBoolean("commit_began"),
                row.getLong("records_completed"),
                row.getLong("rows_late"));
    }

    private static StoredSlice readSlice(ResultSet row, int number) throws SQLException {
        String receipt = row.getString("receipt");
        return new StoredSlice(
                new Slice(
                        row.getInt("number"),
                        new Interval(instant(row, "range_start"), instant(row, "range_end")),
                        row.getInt("bucket"),
                        row.getInt("buckets"),
                        row.getLong("rows"),
                        row.getLong("bytes")),
                receipt == null ? null : Json.read(receipt, SliceReceipt.class));
    }

    private static Run read(ResultSet row, int number) throws SQLException {
        String error = row.getString("latest_error");
        return new Run(
                Objects.requireNonNull(row.getObject("id", UUID.class)),
                row.getLong("generation"),
                Objects.requireNonNull(row.getObject("batch_export_id", UUID.class)),
                row.getObject("backfill_id", UUID.class),
                row.getObject("retry_of", UUID.class),
                RunTrigger.of(row.getString("trigger")),
                RunStatus.of(row.getString("status")),
                new Interval(instant(row, "data_interval_start"), instant(row, "data_interval_end")),
                instant(row, "scheduled_at"),
                row.getLong("export_version"),
                row.getInt("attempt"),
                instantOrNull(row, "next_retry_at"),
                row.getLong("records_completed"),
                longOrNull(row, "records_total_count"),
                row.getLong("bytes_exported"),
                row.getInt("files_count"),
                longOrNull(row, "records_at_destination"),
                row.getLong("rows_late"),
                row.getInt("recounts"),
                row.getTimestamp("commit_started_at") != null,
                error == null ? null : Json.read(error, RunError.class),
                row.getString("workflow_id"),
                row.getString("workflow_run_id"),
                instant(row, "created_at"),
                instantOrNull(row, "started_at"),
                instantOrNull(row, "finished_at"),
                instant(row, "last_updated_at"));
    }
}
