package dev.batchexports.server.runs;

import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.timestamp;
import static dev.batchexports.server.store.Columns.timestampOrNull;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// The log lines that users read. They never hold a secret or a row.
@Repository
public class LogStore {
    /// Which lines to list.
    ///
    /// @param runId null for all lines of the export
    /// @param levels empty for all
    /// @param search part of the message, in any case
    /// @param after only lines later than this time
    /// @param before only lines earlier than this time
    /// @param beforeId only lines with a smaller id: the cursor of a page
    public record Query(
            UUID exportId,
            @Nullable UUID runId,
            List<LogLevel> levels,
            @Nullable String search,
            @Nullable Instant after,
            @Nullable Instant before,
            @Nullable Long beforeId,
            int limit) {}

    private final JdbcClient jdbc;

    public LogStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public void append(
            UUID exportId, @Nullable UUID runId, LogLevel level, String stage, String message, Instant timestamp) {
        jdbc.sql("""
                        insert into logs (batch_export_id, run_id, timestamp, level, stage, message)
                        values (:export, :run, :timestamp, :level, :stage, :message)
                        """)
                .param("export", exportId)
                .param("run", runId)
                .param("timestamp", timestamp(timestamp))
                .param("level", level.word())
                .param("stage", stage)
                .param("message", message)
                .update();
    }

    /// A page of lines, newest first.
    public List<LogLine> list(Query query) {
        return jdbc.sql("""
                        select * from logs
                        where batch_export_id = :export
                          and (:run::uuid is null or run_id = :run::uuid)
                          and (:any_level or level = any(:levels))
                          and (:search::text is null or position(lower(:search::text) in lower(message)) > 0)
                          and (:after::timestamptz is null or timestamp > :after::timestamptz)
                          and (:before::timestamptz is null or timestamp < :before::timestamptz)
                          and (:before_id::bigint is null or id < :before_id::bigint)
                        order by id desc limit :limit
                        """)
                .param("export", query.exportId())
                .param("run", query.runId())
                .param("any_level", query.levels().isEmpty())
                .param("levels", query.levels().stream().map(LogLevel::word).toArray(String[]::new))
                .param("search", query.search())
                .param("after", timestampOrNull(query.after()))
                .param("before", timestampOrNull(query.before()))
                .param("before_id", query.beforeId())
                .param("limit", query.limit())
                .query(LogStore::read)
                .list();
    }

    /// @return how many lines were removed
    public int deleteOlderThan(Instant time) {
        return jdbc.sql("delete from logs where timestamp < :time")
                .param("time", timestamp(time))
                .update();
    }

    private static LogLine read(ResultSet row, int number) throws SQLException {
        return new LogLine(
                row.getLong("id"),
                Objects.requireNonNull(row.getObject("batch_export_id", UUID.class)),
                row.getObject("run_id", UUID.class),
                instant(row, "timestamp"),
                LogLevel.of(row.getString("level")),
                row.getString("stage"),
                row.getString("message"));
    }
}
