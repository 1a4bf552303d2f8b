package dev.batchexports.server.exports;

import static dev.batchexports.server.store.Columns.array;
import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.instantOrNull;
import static dev.batchexports.server.store.Columns.strings;
import static dev.batchexports.server.store.Columns.timestamp;
import static dev.batchexports.server.store.Columns.timestampOrNull;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.security.SealedSecrets;
import dev.batchexports.server.store.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;

/// Batch exports in the metadata database. A deleted export stays as a row, for its runs and for the
/// reconciler.
@Repository
public class ExportStore {
    private final JdbcClient jdbc;

    public ExportStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public void insert(BatchExport export) {
        insert(export, Authorship.system());
    }

    @Transactional
    public void insert(BatchExport export, Authorship authorship) {
        bind(jdbc.sql("""
                insert into batch_exports (id, project_id, name, model, destination_type, destination_config,
                    destination_secrets, frequency, time_zone, offset_hour, offset_day, filters, include_events,
                    exclude_events, paused, pause_reason, start_at, end_at, rerun_mode, settle_seconds,
                    give_up_after_seconds, pause_after_failures, version, schedule_version, created_at,
                    last_updated_at, last_paused_at, past_grids, late_rows, next_fill_at)
                values (:id, :project_id, :name, :model::jsonb, :destination_type, :destination_config::jsonb,
                    :destination_secrets, :frequency, :time_zone, :offset_hour, :offset_day, :filters::jsonb,
                    :include_events, :exclude_events, :paused, :pause_reason, :start_at, :end_at, :rerun_mode,
                    :settle_seconds, :give_up_after_seconds, :pause_after_failures, :version, 0, :created_at,
                    :last_updated_at, :last_paused_at, :past_grids::jsonb, :late_rows, :created_at)
                """), export).update();
        if (export.paused()) {
            jdbc.sql("insert into export_pauses (batch_export_id, paused_at) values (:id, 'epoch')")
                    .param("id", export.id())
                    .update();
        }
        recordRevision(export, authorship);
    }

    /// Replaces an export, unless somebody else has changed it since it was read. When it starts at another time,
    /// all its intervals have to be looked at.
    ///
    /// @param export as it shall be, with the version that it had when it was read; it is stored with
    ///     the next one
    /// @return the export as stored; empty when it was changed or deleted in the meantime
    @Transactional
    public Optional<BatchExport> update(BatchExport export, Authorship authorship) {
        int changed = bind(jdbc.sql("""
                update batch_exports set name = :name, model = :model::jsonb, destination_type = :destination_type,
                    destination_config = :destination_config::jsonb, destination_secrets = :destination_secrets,
                    frequency = :frequency, time_zone = :time_zone, offset_hour = :offset_hour,
                    offset_day = :offset_day, filters = :filters::jsonb, include_events = :include_events, exclude_events = :exclude_events,
                    paused = :paused, pause_reason = :pause_reason, start_at = :start_at, end_at = :end_at,
                    rerun_mode = :rerun_mode, settle_seconds = :settle_seconds,
                    give_up_after_seconds = :give_up_after_seconds,
                    pause_after_failures = :pause_after_failures, version = version + 1,
                    last_updated_at = :last_updated_at, last_paused_at = :last_paused_at,
                    past_grids = :past_grids::jsonb, late_rows = :late_rows, next_fill_at = :last_updated_at,
                    filled_until = case when start_at is not distinct from :start_at::timestamptz then filled_until end
                where id = :id and project_id = :project_id and version = :version and deleted_at is null
                """), export).update();
        if (changed == 0) {
            return Optional.empty();
        }
        recordPause(export);
        BatchExport stored = find(export.id()).orElseThrow();
        recordRevision(stored, authorship);
        return Optional.of(stored);
    }

    /// As [#update(BatchExport, Authorship)], by the server itself.
    public Optional<BatchExport> update(BatchExport export) {
        return update(export, Authorship.system());
    }

    private void recordPause(BatchExport export) {
        if (export.paused()) {
            jdbc.sql("""
                            insert into export_pauses (batch_export_id, paused_at)
                            values (:id, coalesce(:paused_at::timestamptz, :now)) on conflict do nothing
                            """)
                    .param("id", export.id())
                    .param("paused_at", timestampOrNull(export.lastPausedAt()))
                    .param("now", timestamp(export.lastUpdatedAt()))
                    .update();
        } else {
            jdbc.sql("""
                            update export_pauses set unpaused_at = greatest(:now, paused_at)
                            where batch_export_id = :id and unpaused_at is null
                            """)
                    .param("id", export.id())
                    .param("now", timestamp(export.lastUpdatedAt()))
                    .update();
        }
    }

    private void recordRevision(BatchExport export, Authorship authorship) {
        jdbc.sql("""
                        insert into export_revisions (batch_export_id, version, created_at, author, configuration,
                            secrets_changed)
                        values (:id, :version, :created_at, :author, :configuration::jsonb, :secrets_changed)
                        """)
                .param("id", export.id())
                .param("version", export.version())
                .param("created_at", timestamp(export.lastUpdatedAt()))
                .param("author", authorship.author())
                .param(
                        "configuration",
                        Json.write(
                                ExportChange.formOf(export, export.destination().config())))
                .param("secrets_changed", array(authorship.secretsChanged()))
                .update();
    }

    /// A page of an export's revisions, newest first.
    ///
    /// @param before only versions before this one; null for all
    public List<Revision> revisions(UUID id, @Nullable Long before, int limit) {
        return jdbc.sql("""
                        select *, lag(configuration) over (order by version)::text as former from export_revisions
                        where batch_export_id = :id
                          and (:before::bigint is null or version < :before::bigint)
                        order by version desc limit :limit
                        """)
                .param("id", id)
                .param("before", before)
                .param("limit", limit)
                .query(ExportStore::readRevision)
                .list();
    }

    private static Revision readRevision(ResultSet row, int number) throws SQLException {
        JsonNode configuration = Json.read(row.getString("configuration"), JsonNode.class);
        String former = row.getString("former");
        return new Revision(
                row.getLong("version"),
                instant(row, "created_at"),
                row.getString("author"),
                configuration,
                former == null
                        ? List.of()
                        : Revision.differences(
                                Json.read(former, JsonNode.class), configuration, strings(row, "secrets_changed")));
    }

    /// When an export was paused, oldest first.
    public List<Pause> pauses(UUID id) {
        return jdbc.sql("select * from export_pauses where batch_export_id = :id order by paused_at")
                .param("id", id)
                .query((row, number) -> new Pause(
                        instant(row, "paused_at"), instantOrNull(row, "unpaused_at"), row.getBoolean("caught_up")))
                .list();
    }

    /// An export whose intervals have to be looked at.
    ///
    /// @param filledUntil every expected interval up to this boundary has had its run; null when nobody has
    ///     looked yet
    /// @param since since when they have to be looked at
    /// @param gapToldUntil where the gap ends that was told of and is being filled; null when there is none
    public record Unfilled(
            BatchExport export,
            @Nullable Instant filledUntil,
            Instant since,
            @Nullable Instant gapToldUntil) {}

    /// The exports of which an interval may be without a run by now, those that have waited longest first.
    public List<Unfilled> unfilled(Instant now, int limit) {
        return jdbc.sql("""
                        select * from batch_exports
                        where deleted_at is null and not paused and next_fill_at <= :now
                        order by next_fill_at limit :limit
                        """)
                .param("now", timestamp(now))
                .param("limit", limit)
                .query((row, number) -> new Unfilled(
                        read(row, number),
                        instantOrNull(row, "filled_until"),
                        instant(row, "next_fill_at"),
                        instantOrNull(row, "gap_told_until")))
                .list();
    }

    /// Records how far an export's intervals have had their runs, unless the export was changed meanwhile or they
    /// have to be looked at once more.
    ///
    /// @param next when to look again; null for never
    public void filled(Unfilled former, Instant until, @Nullable Instant next) {
        jdbc.sql("""
                        update batch_exports set filled_until = :until, next_fill_at = :next
                        where id = :id and version = :version and next_fill_at = :since
                          and filled_until is not distinct from :former::timestamptz
                        """)
                .param("id", former.export().id())
                .param("version", former.export().version())
                .param("since", timestamp(former.since()))
                .param("former", timestampOrNull(former.filledUntil()))
                .param("until", timestamp(until))
                .param("next", timestampOrNull(next))
                .update();
    }

    /// Records where the gap ends that was told of.
    ///
    /// @param until null once it is filled
    public void gapTold(UUID id, @Nullable Instant until) {
        jdbc.sql("update batch_exports set gap_told_until = :until::timestamptz where id = :id")
                .param("id", id)
                .param("until", timestampOrNull(until))
                .update();
    }

    /// Has an export's intervals looked at once more.
    ///
    /// @param from where to begin; null for the first one
    public void refill(UUID id, @Nullable Instant from, Instant now) {
        jdbc.sql("""
                        update batch_exports set next_fill_at = :now,
                            filled_until = case when filled_until > :from::timestamptz then :from::timestamptz
                                when :from::timestamptz is not null then filled_until end
                        where id = :id
                        """)
                .param("id", id)
                .param("from", timestampOrNull(from))
                .param("now", timestamp(now))
                .update();
    }

    /// Marks an export as deleted; its schedule is removed by whoever reconciles.
    public void delete(UUID id, Instant now) {
        jdbc.sql("""
                update batch_exports set deleted_at = :now, last_updated_at = :now, version = version + 1
                where id = :id and deleted_at is null
                """).param("id", id).param("now", timestamp(now)).update();
    }

    /// An export of a project that is not deleted.
    public Optional<BatchExport> find(long projectId, UUID id) {
        return jdbc.sql(
                        "select * from batch_exports where id = :id and project_id = :project_id and deleted_at is null")
                .param("id", id)
                .param("project_id", projectId)
                .query(ExportStore::read)
                .optional();
    }

    /// An export by its id alone, deleted or not: for workflows.
    public Optional<BatchExport> find(UUID id) {
        return jdbc.sql("select * from batch_exports where id = :id")
                .param("id", id)
                .query(ExportStore::read)
                .optional();
    }

    /// A page of a project's exports, newest first.
    ///
    /// @param search part of the name, in any case; null for all
    /// @param status null for all
    public List<BatchExport> list(
            long projectId,
            @Nullable String search,
            @Nullable ExportStatus status,
            @Nullable ExportCursor after,
            Instant now,
            int limit) {
        return jdbc.sql("""
                        select * from batch_exports
                        where project_id = :project_id and deleted_at is null
                          and (:search::text is null or position(lower(:search::text) in lower(name)) > 0)
                          and (:status::text is null or :status::text = case
                                when end_at <= :now then 'ended' when paused then 'paused' else 'active' end)
                          and (:after_time::timestamptz is null
                               or (created_at, id) < (:after_time::timestamptz, :after_id::uuid))
                        order by created_at desc, id desc limit :limit
                        """)
                .param("project_id", projectId)
                .param("search", search)
                .param("status", status == null ? null : status.word())
                .param("after_time", after == null ? null : timestamp(after.createdAt()))
                .param("after_id", after == null ? null : after.id())
                .param("now", timestamp(now))
                .param("limit", limit)
                .query(ExportStore::read)
                .list();
    }

    /// Exports whose Temporal schedule does not match their row yet, deleted ones included.
    public List<BatchExport> outOfStep(int limit) {
        return jdbc.sql("select * from batch_exports where schedule_version < version order by id limit :limit")
                .param("limit", limit)
                .query(ExportStore::read)
                .list();
    }

    /// The encrypted secrets of all destinations that have any, those of deleted exports too.
    List<SealedSecrets.Sealed> sealedSecrets(byte[] otherThan) {
        return jdbc.sql("""
                        select id, destination_secrets from batch_exports
                        where destination_secrets <> '' and (
                            substring(decode(left(destination_secrets, 8), 'base64') from 1 for 5) < :prefix
                            or substring(decode(left(destination_secrets, 8), 'base64') from 1 for 5) > :prefix)
                        """)
                .param("prefix", otherThan)
                .query((row, number) -> new SealedSecrets.Sealed(
                        Objects.requireNonNull(row.getObject("id", UUID.class)), row.getString("destination_secrets")))
                .list();
    }

    /// Puts the same secrets, encrypted with another key, in the place of a cipher text that is still there. It is no
    /// change of the export: its version stays.
    boolean replaceSecrets(SealedSecrets.Sealed former, String text) {
        return jdbc.sql("update batch_exports set destination_secrets = :text"
                                + " where id = :id and destination_secrets = :former")
                        .param("id", former.id())
                        .param("text", text)
                        .param("former", former.text())
                        .update()
                == 1;
    }

    /// Every export that must have a schedule.
    public List<BatchExport> live() {
        return jdbc.sql("select * from batch_exports where deleted_at is null order by id")
                .query(ExportStore::read)
                .list();
    }

    /// Records that the schedule was made to match a version of the export.
    public void scheduleApplied(UUID id, long version) {
        jdbc.sql("update batch_exports set schedule_version = greatest(schedule_version, :version) where id = :id")
                .param("id", id)
                .param("version", version)
                .update();
    }

    private static JdbcClient.StatementSpec bind(JdbcClient.StatementSpec statement, BatchExport export) {
        IntervalGrid grid = export.grid();
        DestinationSettings destination = export.destination();
        return statement
                .param("id", export.id())
                .param("project_id", export.projectId())
                .param("name", export.name())
                .param("model", Json.write(StoredModel.of(export.model())))
                .param("destination_type", destination.type())
                .param("destination_config", Json.write(destination.config()))
                .param("destination_secrets", destination.encryptedSecrets())
                .param("frequency", grid.frequency().toString())
                .param("time_zone", grid.zone().getId())
                .param("offset_hour", grid.offsetHour())
                .param("offset_day", grid.offsetDay())
                .param("filters", Json.write(FilterForm.describe(export.filters())))
                .param("include_events", array(export.includeEvents()))
                .param("exclude_events", array(export.excludeEvents()))
                .param("paused", export.paused())
                .param("pause_reason", export.pauseReason())
                .param("start_at", timestampOrNull(export.startAt()))
                .param("end_at", timestampOrNull(export.endAt()))
                .param("rerun_mode", export.rerunMode().word())
                .param("past_grids", StoredPastGrid.write(export.pastGrids()))
                .param("late_rows", export.lateRows().word())
                .param("settle_seconds", export.settle().toSeconds())
                .param("give_up_after_seconds", export.giveUpAfter().toSeconds())
                .param("pause_after_failures", export.pauseAfterFailures())
                .param("version", export.version())
                .param("created_at", timestamp(export.createdAt()))
                .param("last_updated_at", timestamp(export.lastUpdatedAt()))
                .param("last_paused_at", timestampOrNull(export.lastPausedAt()));
    }

    private static List<PropertyFilter> filters(ResultSet row) throws SQLException {
        Violations violations = new Violations();
        List<PropertyFilter> filters = FilterForm.read(
                Json.read(row.getString("filters"), new TypeReference<List<JsonNode>>() {}), "/filters", violations);
        // A filter that is left out would export rows that nobody asked for.
        violations.orThrow();
        return filters;
    }

    private static BatchExport read(ResultSet row, int number) throws SQLException {
        return new BatchExport(
                Objects.requireNonNull(row.getObject("id", UUID.class)),
                row.getLong("project_id"),
                row.getString("name"),
                Json.read(row.getString("model"), StoredModel.class).toModel(),
                new DestinationSettings(
                        row.getString("destination_type"),
                        Json.read(row.getString("destination_config"), new TypeReference<>() {}),
                        row.getString("destination_secrets")),
                new IntervalGrid(
                        Frequency.parse(row.getString("frequency")),
                        ZoneId.of(row.getString("time_zone")),
                        row.getInt("offset_hour"),
                        row.getInt("offset_day")),
                StoredPastGrid.read(row.getString("past_grids")),
                strings(row, "include_events"),
                strings(row, "exclude_events"),
                filters(row),
                row.getBoolean("paused"),
                row.getString("pause_reason"),
                instantOrNull(row, "start_at"),
                instantOrNull(row, "end_at"),
                RerunMode.of(row.getString("rerun_mode")),
                LateRows.of(row.getString("late_rows")),
                Duration.ofSeconds(row.getLong("settle_seconds")),
                Duration.ofSeconds(row.getLong("give_up_after_seconds")),
                row.getInt("pause_after_failures"),
                row.getLong("version"),
                row.getLong("schedule_version"),
                instant(row, "created_at"),
                instant(row, "last_updated_at"),
                instantOrNull(row, "last_paused_at"),
                instantOrNull(row, "deleted_at"));
    }
}
