package dev.batchexports.destination.postgres;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.run.RunKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// What was committed into the tables of a schema: the table `_batch_exports_ledger`, one row for each run.
/// A run enters itself before it writes its first slice, and so has its number by then; `committed_at` is set
/// if and only if its rows were moved into the target, for both happen in one transaction.
///
/// All commits of an interval of an export into a table happen one after another, under a lock that ends
/// with the transaction.
final class Ledger {
    static final String TABLE = Staging.RESERVED + "ledger";

    /// A server that moves rows does not notice by itself that its client is gone, and would hold the lock
    /// until it is done. Known from version 14 on, and on Linux only.
    private static final String NOTICE_LOST_CLIENT =
            "SELECT set_config('client_connection_check_interval', '10s', true)"
                    + " WHERE current_setting('server_version_num')::int >= 140000 AND version() LIKE '%linux%'; ";

    private final String schema;
    private final String target;
    private final RunKey run;
    private final Patience patience;

    Ledger(String schema, String target, RunKey run, Patience patience) {
        this.schema = schema;
        this.target = target;
        this.run = run;
        this.patience = patience;
    }

    /// A commit of the interval.
    ///
    /// @param id stands in [TargetTable#COMMIT_COLUMN] of its rows
    /// @param isReplaced whether a later run has removed its rows
    record Commit(long id, UUID runId, long generation, long rows, boolean isReplaced) {}

    /// All commits of the interval.
    record Page(List<Commit> commits) {
        Page {
            commits = List.copyOf(commits);
        }

        Optional<Commit> of(RunKey run) {
            return commits.stream()
                    .filter(commit -> commit.runId().equals(run.runId()))
                    .findFirst();
        }

        boolean hasLaterThan(RunKey run) {
            return commits.stream().anyMatch(commit -> commit.generation() > run.generation());
        }

        boolean isCommitted() {
            return !standing().isEmpty();
        }

        /// How many rows the commits of [#standing] had.
        long rows() {
            return commits.stream()
                    .filter(commit -> !commit.isReplaced())
                    .mapToLong(Commit::rows)
                    .sum();
        }

        /// Those whose rows are in the table.
        List<Long> standing() {
            return commits.stream()
                    .filter(commit -> !commit.isReplaced())
                    .map(Commit::id)
                    .toList();
        }
    }

    String qualified() {
        return Identifier.qualify(schema, TABLE);
    }

    private enum Form {
        MISSING,
        /// Of a version in which a run came into the ledger with its commit only.
        WITHOUT_ENTRIES,
        PRESENT
    }

    /// Creates the ledger when it is missing.
    ///
    /// @param connection in auto-commit mode
    void ensure(Connection connection) throws SQLException {
        if (form(connection) != Form.PRESENT) {
            Transaction.exclusively(
                    connection, patience, AdvisoryLock.of("create", schema, TABLE), () -> bringUp(connection));
        }
    }

    private void bringUp(Connection connection) throws SQLException {
        switch (form(connection)) {
            case MISSING -> Transaction.execute(connection, creation());
            case WITHOUT_ENTRIES ->
                Transaction.execute(
                        connection,
                        "ALTER TABLE " + qualified() + " ALTER COLUMN rows DROP NOT NULL, ALTER COLUMN committed_at"
                                + " DROP NOT NULL, ALTER COLUMN committed_at DROP DEFAULT");
            case PRESENT -> {
                // Somebody else was faster.
            }
        }
    }

    private Form form(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT a.attnotnull FROM pg_class c"
                + " JOIN pg_namespace n ON n.oid = c.relnamespace"
                + " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'committed_at'"
                + " WHERE n.nspname = ? AND c.relname = ?")) {
            statement.setString(1, schema);
            statement.setString(2, TABLE);
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    return Form.MISSING;
                }
                return found.getBoolean(1) ? Form.WITHOUT_ENTRIES : Form.PRESENT;
            }
        }
    }

    private String creation() {
        return """
                CREATE TABLE %1$s (
                    commit_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
                    run_id uuid NOT NULL,
                    export_id uuid NOT NULL,
                    table_name text NOT NULL,
                    interval_start timestamp with time zone NOT NULL,
                    interval_end timestamp with time zone NOT NULL,
                    generation bigint NOT NULL,
                    rows bigint,
                    replaced_by bigint,
                    committed_at timestamp with time zone,
                    UNIQUE (run_id, table_name));
                CREATE INDEX ON %1$s (export_id, interval_start);
                COMMENT ON TABLE %1$s IS 'What Batch Exports has committed into the tables of this schema; do not change'""".formatted(qualified());
    }

    /// The number of the run, which every row that it writes carries. All its writers find the same one.
    ///
    /// @param connection in auto-commit mode
    long enter(Connection connection) throws SQLException {
        Optional<Long> known = find(connection);
        if (known.isPresent()) {
            return known.get();
        }
        Transaction.begin(connection);
        Transaction.execute(connection, Transaction.settings(patience, patience.request()) + addition());
        Transaction.commit(connection);
        return find(connection).orElseThrow(Ledger::changed);
    }

    static ExportException changed() {
        return ExportException.passing(
                "LedgerChanged", "Somebody removed the run's row from " + TABLE + " while it was being written.", null);
    }

    private Optional<Long> find(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT commit_id FROM " + qualified() + " WHERE run_id = ? AND table_name = ?")) {
            statement.setObject(1, run.runId());
            statement.setString(2, target);
            try (ResultSet found = statement.executeQuery()) {
                return found.next() ? Optional.of(found.getLong(1)) : Optional.empty();
            }
        }
    }

    private String addition() {
        return "INSERT INTO " + qualified()
                + " (run_id, export_id, table_name, interval_start, interval_end, generation)"
                + " VALUES ('%s', '%s', '%s', '%s', '%s', %d) ON CONFLICT (run_id, table_name) DO NOTHING"
                        .formatted(
                                run.runId(),
                                run.exportId(),
                                target.replace("'", "''"),
                                run.interval().start(),
                                run.interval().end(),
                                run.generation());
    }

    /// Begins a transaction and takes the lock of the interval, in one exchange: a worker that is cut off in
    /// between holds no lock.
    Page begin(Connection connection) throws SQLException {
        Transaction.begin(connection);
        long lock = AdvisoryLock.of(
                "commit",
                schema,
                target,
                run.exportId().toString(),
                run.interval().toString());
        String sql = Transaction.settings(patience, patience.commit()) + NOTICE_LOST_CLIENT
                + "SELECT pg_advisory_xact_lock(" + lock + "); "
                + "SELECT commit_id, run_id, generation, rows, replaced_by IS NOT NULL FROM " + qualified()
                + " WHERE export_id = ? AND interval_start = ? AND interval_end = ? AND table_name = ?"
                + " AND committed_at IS NOT NULL ORDER BY commit_id";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, run.exportId());
            statement.setObject(2, time(run.interval().start()));
            statement.setObject(3, time(run.interval().end()));
            statement.setString(4, target);
            boolean isResult = statement.execute();
            List<Commit> commits = new ArrayList<>();
            while (isResult || statement.getUpdateCount() >= 0) {
                if (isResult) {
                    try (ResultSet result = statement.getResultSet()) {
                        // The results of the lock and the settings say nothing.
                        if (result.getMetaData().getColumnName(1).equals("commit_id")) {
                            while (result.next()) {
                                commits.add(commit(result));
                            }
                        }
                    }
                }
                isResult = statement.getMoreResults();
            }
            return new Page(commits);
        }
    }

    private static Commit commit(ResultSet row) throws SQLException {
        return new Commit(
                row.getLong(1), row.getObject(2, UUID.class), row.getLong(3), row.getLong(4), row.getBoolean(5));
    }

    /// SQL that says that the run has committed.
    ///
    /// @param id of the run
    String completion(long id, long rows) {
        return "UPDATE " + qualified() + " SET rows = " + rows + ", committed_at = now() WHERE commit_id = " + id;
    }

    /// SQL that remembers whose rows a later run has removed.
    ///
    /// @param ids of commits whose rows were removed
    String replacement(List<Long> ids, long by) {
        return "UPDATE " + qualified() + " SET replaced_by = " + by + " WHERE commit_id IN (" + list(ids) + ")";
    }

    static String list(List<Long> ids) {
        return String.join(", ", ids.stream().map(Object::toString).toList());
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
