package dev.batchexports.server.exports;

import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.timestamp;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// How the runs of exports ended lately, in the metadata database. Both counting methods belong into the
/// transaction that ends the run.
@Repository
public class ExportHealthStore {
    private final JdbcClient jdbc;

    public ExportHealthStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// @param inRow how many runs have failed one after the other
    /// @param failingSince when the first run failed after one that completed
    public record Failures(int inRow, Instant failingSince) {}

    /// Counts a run that has failed. A pause since the last count begins a new count.
    public Failures countFailure(UUID exportId, Instant now) {
        return jdbc.sql("""
                        insert into export_health as health
                            (batch_export_id, failures_in_row, failing_since, paused_at)
                        select id, 1, :now, last_paused_at from batch_exports where id = :export
                        on conflict (batch_export_id) do update set
                            failures_in_row = case when health.paused_at is distinct from excluded.paused_at then 1
                                else health.failures_in_row + 1 end,
                            failing_since = coalesce(health.failing_since, excluded.failing_since),
                            paused_at = excluded.paused_at
                        returning failures_in_row, failing_since
                        """)
                .param("export", exportId)
                .param("now", timestamp(now))
                .query((row, number) -> new Failures(row.getInt("failures_in_row"), instant(row, "failing_since")))
                .single();
    }

    /// Counts a run that has completed.
    ///
    /// @return since when runs had failed, if they had
    public Optional<Instant> countSuccess(UUID exportId) {
        return jdbc.sql("""
                        with former as (
                            select failing_since from export_health
                            where batch_export_id = :export and failing_since is not null for update)
                        update export_health set failures_in_row = 0, failing_since = null from former
                        where batch_export_id = :export returning former.failing_since
                        """)
                .param("export", exportId)
                .query((row, number) -> instant(row, "failing_since"))
                .optional();
    }
}
