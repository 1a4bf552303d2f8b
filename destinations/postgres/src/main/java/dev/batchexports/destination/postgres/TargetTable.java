package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.SourceColumn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The table that an export writes to.
///
/// It is created when it is missing. One that is there is taken as it is and never altered: its types
/// stand, and further columns are fine as long as a row can do without them. What does not fit is an error
/// with the ALTER TABLE that would mend it; no value is ever left out.
///
/// Besides the exported columns it has [#COMMIT_COLUMN], which says by which row of the [Ledger] a row was
/// committed. The landing time could not tell the rows of two exports or tenants in one table apart, and
/// need not be exported at all.
final class TargetTable {
    static final String COMMIT_COLUMN = "_batch_exports_commit";

    private static final Set<String> SYSTEM_COLUMNS = Set.of("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid");
    private static final String COMMIT_TYPE = "bigint";

    private final String schema;
    private final String name;
    private final List<SourceColumn> columns;
    private final List<String> primaryKey;
    private final Patience patience;

    /// @throws ExportException of kind USER for names that PostgreSQL cannot hold
    TargetTable(String schema, String name, TransferContext context, Patience patience) {
        this.schema = schema;
        this.name = name;
        this.columns = context.columns();
        this.primaryKey = context.writeMode() instanceof WriteMode.Merge(List<String> key, String _) ? key : List.of();
        this.patience = patience;
        requireNames();
        requireKeys(context.writeMode());
    }

    String name() {
        return name;
    }

    String qualified() {
        return Identifier.qualify(schema, name);
    }

    List<String> columnNames() {
        return columns.stream().map(SourceColumn::name).toList();
    }

    /// Those of the export, and that of the commit.
    List<String> allNames() {
        return Stream.concat(columnNames().stream(), Stream.of(COMMIT_COLUMN)).toList();
    }

    private record Column(String type, boolean isRequired, boolean isGenerated) {}

    /// Creates the table, or checks the one that is there.
    ///
    /// @param connection in auto-commit mode
    /// @throws ExportException of kind USER when the rows do not fit it
    void ensure(Connection connection) throws SQLException {
        Map<String, Column> found = find(connection);
        if (found.isEmpty()) {
            requireSchema(connection);
            Transaction.exclusively(connection, patience, AdvisoryLock.of("create", schema, name), () -> {
                if (find(connection).isEmpty()) {
                    Transaction.execute(connection, creation());
                }
            });
            found = find(connection);
        }
        check(found);
        if (!primaryKey.isEmpty()) {
            requireUniqueKey(connection);
        }
    }

    /// The table does not exist when nothing is found: a table without columns can hold no rows either.
    private Map<String, Column> find(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT a.attname, format_type(a.atttypid, a.atttypmod),
                       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
                       a.attgenerated <> '' OR a.attidentity = 'a', c.relkind
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped
                ORDER BY a.attnum""")) {
            statement.setString(1, schema);
            statement.setString(2, name);
            Map<String, Column> found = new LinkedHashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (!Set.of("r", "p").contains(rows.getString(5))) {
                        throw ExportException.user(
                                "NoTable",
                                qualified() + " is not a table.",
                                "Choose another table_name, or give the view or other object another name.");
                    }
                    found.put(rows.getString(1), new Column(rows.getString(2), rows.getBoolean(3), rows.getBoolean(4)));
                }
            }
            return found;
        }
    }

    private void requireSchema(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM pg_namespace WHERE nspname = ?")) {
            statement.setString(1, schema);
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    throw missingSchema(schema);
                }
            }
        }
    }

    static ExportException missingSchema(String schema) {
        return ExportException.user(
                "invalid_schema_name",
                "The schema " + Identifier.quote(schema) + " does not exist.",
                "Create it with CREATE SCHEMA " + Identifier.quote(schema) + ", or correct schema.");
    }

    /// The index finds the rows of a commit, for a later run that replaces them. They lie together, and then
    /// a BRIN index is a few pages however many rows there are. Autovacuum keeps it up: to have it done at each
    /// insert (`autosummarize`) fills the log of the server with requests that were too many during a load.
    private String creation() {
        String all = Stream.concat(columns.stream().map(TargetTable::definition), Stream.of(commitDefinition()))
                .collect(Collectors.joining(", "));
        String key = primaryKey.isEmpty() ? "" : ", PRIMARY KEY (" + Identifier.quote(primaryKey) + ")";
        return "CREATE TABLE " + qualified() + " (" + all + key + "); " + "CREATE INDEX ON " + qualified()
                + " USING brin (" + Identifier.quote(COMMIT_COLUMN) + ")";
    }

    private static String definition(SourceColumn column) {
        return Identifier.quote(column.name()) + " " + PostgresType.of(column);
    }

    private static String commitDefinition() {
        return Identifier.quote(COMMIT_COLUMN) + " " + COMMIT_TYPE;
    }

    private void check(Map<String, Column> found) {
        List<String> missing = new ArrayList<>();
        for (SourceColumn column : columns) {
            if (!found.containsKey(column.name())) {
                missing.add(definition(column));
            }
        }
        if (!found.containsKey(COMMIT_COLUMN)) {
            missing.add(commitDefinition());
        }
        if (!missing.isEmpty()) {
            throw ExportException.user(
                    "ColumnsMissing",
                    "The table " + qualified() + " lacks columns of the export: " + String.join(", ", missing) + ".",
                    alter(missing.stream().map(each -> "ADD COLUMN " + each).collect(Collectors.joining(", "))));
        }
        Set<String> ours = new HashSet<>(columnNames());
        ours.add(COMMIT_COLUMN);
        List<String> unfilled = found.entrySet().stream()
                .filter(column -> column.getValue().isRequired() && !ours.contains(column.getKey()))
                .map(column -> Identifier.quote(column.getKey()))
                .toList();
        if (!unfilled.isEmpty()) {
            throw ExportException.user(
                    "ColumnsNotExported",
                    "The table " + qualified() + " requires columns that the export does not have: "
                            + String.join(", ", unfilled) + ".",
                    alter(unfilled.stream()
                            .map(column -> "ALTER COLUMN " + column + " DROP NOT NULL")
                            .collect(Collectors.joining(", "))));
        }
        List<String> generated = found.entrySet().stream()
                .filter(column -> column.getValue().isGenerated() && ours.contains(column.getKey()))
                .map(column -> Identifier.quote(column.getKey()))
                .toList();
        if (!generated.isEmpty()) {
            throw ExportException.user(
                    "ColumnsGenerated",
                    "The table " + qualified() + " generates columns of the export itself: "
                            + String.join(", ", generated) + ".",
                    "Rename or drop them in the model, or make them plain columns of the table.");
        }
        Column commit = found.get(COMMIT_COLUMN);
        if (commit != null && !commit.type().equals(COMMIT_TYPE)) {
            throw ExportException.user(
                    "ColumnOfWrongType",
                    "The column " + COMMIT_COLUMN + " of " + qualified() + " is of type " + commit.type() + ".",
                    alter("ALTER COLUMN " + Identifier.quote(COMMIT_COLUMN) + " TYPE " + COMMIT_TYPE));
        }
    }

    private String alter(String change) {
        return "Run ALTER TABLE " + qualified() + " " + change + ";";
    }

    /// Merging needs a unique index over exactly the key, whose conflicts show at once.
    private void requireUniqueKey(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT array_agg(a.attname::text)
                FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                    CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(number, place)
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
                WHERE n.nspname = ? AND c.relname = ? AND i.indisunique AND i.indimmediate AND i.indisvalid
                    AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
                GROUP BY i.indexrelid""")) {
            statement.setString(1, schema);
            statement.setString(2, name);
            try (ResultSet indexes = statement.executeQuery()) {
                while (indexes.next()) {
                    String[] key = (String[]) indexes.getArray(1).getArray();
                    if (Set.of(key).equals(Set.copyOf(primaryKey))) {
                        return;
                    }
                }
            }
        }
        throw ExportException.user(
                "NoUniqueKey",
                "The table " + qualified() + " has no unique index over the primary key of the model ("
                        + Identifier.quote(primaryKey) + "), so rows cannot be merged.",
                "Run CREATE UNIQUE INDEX ON " + qualified() + " (" + Identifier.quote(primaryKey) + ");");
    }

    private void requireNames() {
        requireName("table", name);
        if (Staging.isReserved(name)) {
            throw ExportException.user(
                    "InvalidName",
                    "The table name " + name + " is reserved for staging.",
                    "Choose a table_name that does not begin with " + Staging.RESERVED + ".");
        }
        for (SourceColumn column : columns) {
            requireName("column", column.name());
            if (SYSTEM_COLUMNS.contains(column.name()) || Staging.isReserved(column.name())) {
                throw ExportException.user(
                        "InvalidName",
                        "A table in PostgreSQL cannot have a column of the name " + column.name() + " for a model.",
                        "Give the column another name in the model.");
            }
        }
    }

    private void requireKeys(WriteMode mode) {
        List<String> keys = new ArrayList<>(primaryKey);
        if (mode instanceof WriteMode.Merge merge && merge.versionKey() != null) {
            keys.add(merge.versionKey());
        }
        if (!columnNames().containsAll(keys)) {
            throw ExportException.user(
                    "KeyNotExported",
                    "The keys of the model (" + String.join(", ", keys) + ") are not all among its exported columns.",
                    "Add them to the columns of the model.");
        }
    }

    private static void requireName(String kind, String name) {
        if (name.isEmpty() || name.indexOf('\0') >= 0 || !Identifier.fits(name)) {
            throw ExportException.user(
                    "InvalidName",
                    "The " + kind + " name " + name.replaceAll("\\p{Cntrl}", " ")
                            + " is empty or longer than the " + Identifier.MAX_BYTES
                            + " bytes that PostgreSQL allows.",
                    kind.equals("table")
                            ? "Choose a shorter table_name."
                            : "Give the column a shorter name in the model.");
        }
    }
}
