package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.run.RunKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The table beside the exported ones that says which run was committed: its row is written in the same
/// transaction as the rows of the run.
///
/// A run has a row before it commits, without a time of commit. The transaction begins with an UPDATE of every
/// row of the interval, its own included, which makes two commits of an interval wait for each other; what comes
/// after happens only if neither this run nor a later one has been committed. Snowflake has no unique keys that
/// hold, so a run may have its row twice: that changes nothing.
final class Ledger {
    static final String NAME = "_batch_exports_ledger";

    private static final String IS_COMMITTED = "\"committed_at\" IS NOT NULL";

    private final TableName target;
    private final TableName ledger;
    private final RunKey run;
    private final WriteMode mode;

    Ledger(TableName target, RunKey run, WriteMode mode) {
        this.target = target;
        this.ledger = target.sibling(NAME);
        this.run = run;
        this.mode = mode;
    }

    /// What the ledger knows of a run.
    sealed interface State {
        /// @param rows of its commit
        record Committed(long rows) implements State {}

        /// The run was to be the first of its interval, and is not.
        ///
        /// @param rows that others committed
        record CommittedByOthers(long rows) implements State {}

        /// @param run the later run
        record Superseded(String run) implements State {}

        record Open() implements State {}
    }

    /// Looks the run up, and creates the ledger if it is missing.
    State state(Session session) throws InterruptedException {
        Optional<List<Session.Row>> rows = rows(session);
        if (rows.isEmpty()) {
            create(session);
        }
        List<Session.Row> committed = rows.orElse(List.of());
        Optional<Session.Row> own = committed.stream()
                .filter(row -> row.text("run_id").equals(runId()))
                .findFirst();
        if (own.isPresent()) {
            return new State.Committed(own.get().number("rows"));
        }
        if (mode instanceof WriteMode.AppendOnce && !committed.isEmpty()) {
            return new State.CommittedByOthers(
                    committed.stream().mapToLong(row -> row.number("rows")).sum());
        }
        return committed.stream()
                .filter(row -> row.number("generation") > run.generation())
                .findFirst()
                .<State>map(row -> new State.Superseded(row.text("run_id")))
                .orElseGet(State.Open::new);
    }

    private void create(Session session) throws InterruptedException {
        List<Session.Row> _ = session.query(
                SnowflakeAction.CREATE_TABLE,
                ledger,
                "CREATE TABLE IF NOT EXISTS " + ledger.sql()
                        + " (\"table_name\" VARCHAR, \"export_id\" VARCHAR, \"interval_start\" VARCHAR,"
                        + " \"interval_end\" VARCHAR, \"run_id\" VARCHAR, \"generation\" NUMBER(19,0),"
                        + " \"write_mode\" VARCHAR, \"rows\" NUMBER(19,0), \"attempted_at\" TIMESTAMP_NTZ(3),"
                        + " \"committed_at\" TIMESTAMP_NTZ(3))");
    }

    private Optional<List<Session.Row>> rows(Session session) throws InterruptedException {
        return session.queryIfThere(
                SnowflakeAction.READ_TABLE,
                ledger,
                "SELECT \"run_id\" AS \"run_id\", \"generation\" AS \"generation\", \"rows\" AS \"rows\" FROM "
                        + ledger.sql() + " WHERE " + isOfInterval() + " AND " + IS_COMMITTED);
    }

    /// Gives the run a row, without which it cannot be committed.
    void announce(Session session, long rows) throws InterruptedException {
        String word = switch (mode) {
            case WriteMode.Append(), WriteMode.AppendOnce() -> "append";
            case WriteMode.Replace() -> "replace";
            case WriteMode.Merge merge -> "merge";
        };
        List<Session.Row> _ = session.query(
                SnowflakeAction.WRITE_TABLE,
                ledger,
                "INSERT INTO " + ledger.sql() + " (\"table_name\", \"export_id\", \"interval_start\","
                        + " \"interval_end\", \"run_id\", \"generation\", \"write_mode\", \"rows\") SELECT "
                        + Sql.text(target.name()) + ", "
                        + Sql.text(run.exportId().toString()) + ", "
                        + Sql.text(run.interval().start().toString()) + ", "
                        + Sql.text(run.interval().end().toString()) + ", " + Sql.text(runId()) + ", "
                        + run.generation() + ", " + Sql.text(word) + ", " + rows + " WHERE (SELECT COUNT(*) FROM "
                        + ledger.sql() + " WHERE " + isOfRun() + ") = 0");
    }

    /// Takes back what [#announce] did, unless the run has been committed.
    void withdraw(Session session) throws InterruptedException {
        Optional<List<Session.Row>> _ = session.queryIfThere(
                SnowflakeAction.WRITE_TABLE,
                ledger,
                "DELETE FROM " + ledger.sql() + " WHERE " + isOfRun() + " AND \"committed_at\" IS NULL");
    }

    /// The one transaction, as a block that Snowflake runs by itself: no worker that is slow or dead can leave it
    /// open. Each statement says anew that the run may be committed.
    ///
    /// @param expressions of the columns, out of the loaded rows
    String commitSql(TargetTable table, List<String> expressions, String loaded) {
        List<String> statements = new ArrayList<>();
        statements.add("UPDATE " + ledger.sql() + " SET \"attempted_at\" = " + now() + " WHERE " + isOfInterval());
        String columns = table.columns().stream()
                .map(ColumnLoad::quoted)
                .collect(Collectors.joining(", ", "", ", " + Sql.identifier(TargetTable.COMMIT_COLUMN)));
        switch (mode) {
            case WriteMode.Append(), WriteMode.AppendOnce() ->
                statements.add(insert(table, columns, expressions, loaded));
            case WriteMode.Replace() -> {
                statements.add("DELETE FROM " + target.sql() + " WHERE " + Sql.identifier(TargetTable.COMMIT_COLUMN)
                        + " IN (SELECT \"run_id\" FROM " + ledger.sql() + " WHERE " + isOfInterval() + " AND "
                        + IS_COMMITTED + ") AND " + isAllowed());
                statements.add(insert(table, columns, expressions, loaded));
            }
            case WriteMode.Merge merge -> statements.add(merge(table, merge, expressions, loaded));
        }
        statements.add("UPDATE " + ledger.sql() + " SET \"committed_at\" = " + now() + " WHERE " + isOfRun() + " AND "
                + isAllowed());
        return "EXECUTE IMMEDIATE "
                + Sql.text("BEGIN\nBEGIN TRANSACTION;\n" + String.join(";\n", statements)
                        + ";\nCOMMIT;\nRETURN 'done';\nEXCEPTION\nWHEN OTHER THEN\nROLLBACK;\nRAISE;\nEND;");
    }

    private String insert(TargetTable table, String columns, List<String> expressions, String loaded) {
        return "INSERT INTO " + table.name().sql() + " (" + columns + ") SELECT " + String.join(", ", expressions)
                + ", " + Sql.text(runId()) + " FROM " + loaded + " WHERE " + isAllowed();
    }

    /// Of rows that share a key, in the run itself too, the one of the greatest version is kept.
    private String merge(TargetTable table, WriteMode.Merge merge, List<String> expressions, String loaded) {
        List<ColumnLoad> columns = table.columns();
        List<String> selected = new ArrayList<>();
        for (int index = 0; index < columns.size(); index++) {
            selected.add(expressions.get(index) + " AS " + columns.get(index).quoted());
        }
        String key = merge.primaryKey().stream().map(Sql::identifier).collect(Collectors.joining(", "));
        String order = merge.versionKey() == null ? key : Sql.identifier(merge.versionKey()) + " DESC NULLS LAST";
        String source = "SELECT " + String.join(", ", selected) + ", " + Sql.text(runId()) + " AS "
                + Sql.identifier(TargetTable.COMMIT_COLUMN) + " FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY " + key
                + " ORDER BY " + order + ") AS \"_batch_exports_rank\" FROM " + loaded
                + ") AS ranked WHERE \"_batch_exports_rank\" = 1 AND " + isAllowed();
        List<String> names =
                new ArrayList<>(columns.stream().map(ColumnLoad::quoted).toList());
        names.add(Sql.identifier(TargetTable.COMMIT_COLUMN));
        String isSame = columns.stream()
                .filter(column -> merge.primaryKey().contains(column.name()))
                .map(column -> column.isNullable()
                        ? "target." + column.quoted() + " IS NOT DISTINCT FROM source." + column.quoted()
                        : "target." + column.quoted() + " = source." + column.quoted())
                .collect(Collectors.joining(" AND "));
        String isNewer = merge.versionKey() == null
                ? ""
                : " AND (target.%1$s IS NULL OR source.%1$s >= target.%1$s)"
                        .formatted(Sql.identifier(merge.versionKey()));
        return "MERGE INTO " + table.name().sql() + " AS target USING (" + source + ") AS source ON " + isSame
                + " WHEN MATCHED" + isNewer + " THEN UPDATE SET "
                + names.stream().map(name -> name + " = source." + name).collect(Collectors.joining(", "))
                + " WHEN NOT MATCHED THEN INSERT (" + String.join(", ", names) + ") VALUES ("
                + names.stream().map(name -> "source." + name).collect(Collectors.joining(", ")) + ")";
    }

    private String isAllowed() {
        String isInTheWay = mode instanceof WriteMode.AppendOnce
                ? ""
                : " AND (\"run_id\" = " + Sql.text(runId()) + " OR \"generation\" > " + run.generation() + ")";
        return "(SELECT COUNT(*) FROM " + ledger.sql() + " WHERE " + isOfRun() + ") > 0 AND (SELECT COUNT(*) FROM "
                + ledger.sql() + " WHERE " + isOfInterval() + " AND " + IS_COMMITTED + isInTheWay + ") = 0";
    }

    private String isOfInterval() {
        return "\"table_name\" = " + Sql.text(target.name()) + " AND \"export_id\" = "
                + Sql.text(run.exportId().toString()) + " AND \"interval_start\" = "
                + Sql.text(run.interval().start().toString()) + " AND \"interval_end\" = "
                + Sql.text(run.interval().end().toString());
    }

    private String isOfRun() {
        return isOfInterval() + " AND \"run_id\" = " + Sql.text(runId());
    }

    private String runId() {
        return run.runId().toString();
    }

    private static String now() {
        return "CURRENT_TIMESTAMP()::TIMESTAMP_NTZ(3)";
    }
}
