package dev.batchexports.server.runs;

import static dev.batchexports.server.store.Columns.timestamp;

import dev.batchexports.core.run.RunStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// Sums over the runs of all exports, for operators.
@Repository
public class RunFigures {
    /// What the runs of a destination type and a status come to.
    public record Figure(String destinationType, RunStatus status, long runs, long rows, long bytes) {}

    private final JdbcClient jdbc;

    RunFigures(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public List<Figure> unfinished() {
        return jdbc.sql("""
                        select destination_type, status, count(*) as runs,
                            sum(records_completed) as rows, sum(bytes_exported) as bytes
                        from runs join batch_exports on batch_exports.id = batch_export_id
                        where status in ('Starting', 'Running') group by destination_type, status
                        """).query(RunFigures::read).list();
    }

    /// Runs that finished within `[start, end)`.
    public List<Figure> finished(Instant start, Instant end) {
        return jdbc.sql("""
                        select destination_type, status, count(*) as runs,
                            sum(records_completed) as rows, sum(bytes_exported) as bytes
                        from runs join batch_exports on batch_exports.id = batch_export_id
                        where finished_at >= :start and finished_at < :end group by destination_type, status
                        """)
                .param("start", timestamp(start))
                .param("end", timestamp(end))
                .query(RunFigures::read)
                .list();
    }

    private static Figure read(ResultSet row, int number) throws SQLException {
        return new Figure(
                row.getString("destination_type"),
                RunStatus.of(row.getString("status")),
                row.getLong("runs"),
                row.getLong("rows"),
                row.getLong("bytes"));
    }
}
