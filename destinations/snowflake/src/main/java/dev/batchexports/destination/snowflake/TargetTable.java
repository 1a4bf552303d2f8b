package dev.batchexports.destination.snowflake;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.SourceColumn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// The table that an export writes to: it is created if it is missing, and refused if a value would have no
/// place in it.
final class TargetTable {
    /// Says which run wrote a row, by its id. With it the rows of an earlier run of an interval are told from those of
    /// other intervals and of other exports, whatever the rows hold; the landing time need not be exported at all.
    static final String COMMIT_COLUMN = "_batch_exports_commit";

    private final TableName name;
    private final List<ColumnLoad> columns;

    TargetTable(TableName name, List<SourceColumn> columns) {
        this.name = name;
        this.columns = columns.stream().map(ColumnLoad::of).toList();
    }

    TableName name() {
        return name;
    }

    List<ColumnLoad> columns() {
        return columns;
    }

    /// Creates the table if it is missing, otherwise compares it.
    ///
    /// @return for each column of the export, in order, the expression that reads it out of the loaded rows
    /// @throws ExportException of kind USER naming every column that is missing or has another type
    List<String> prepare(Session session) throws InterruptedException {
        Optional<Map<String, Session.Row>> existing = describe(session);
        if (existing.isEmpty()) {
            session.run(SnowflakeAction.CREATE_TABLE, createSql());
            existing = describe(session);
        }
        return expressions(existing.orElseThrow(() -> ExportException.passing(
                "TableGone", "The table " + name + " was removed while it was looked at.", null)));
    }

    private Optional<Map<String, Session.Row>> describe(Session session) throws InterruptedException {
        return session.queryIfThere(SnowflakeAction.FIND_TABLE, name, "DESCRIBE TABLE " + name.sql())
                .map(rows -> rows.stream()
                        .collect(Collectors.toMap(
                                row -> row.text("name"), row -> row, (first, second) -> first, LinkedHashMap::new)));
    }

    private String createSql() {
        return "CREATE TABLE IF NOT EXISTS " + name.sql()
                + columns.stream()
                        .map(column -> column.quoted() + " " + column.type())
                        .collect(Collectors.joining(", ", " (", ", "))
                + Sql.identifier(COMMIT_COLUMN) + " VARCHAR)";
    }

    private List<String> expressions(Map<String, Session.Row> existing) {
        List<String> expressions = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<String> different = new ArrayList<>();
        for (ColumnLoad column : columns) {
            Session.Row found = existing.get(column.name());
            if (found == null) {
                missing.add(column.quoted() + " " + column.type());
                continue;
            }
            String expression = column.into(found.text("type"));
            if (expression == null) {
                different.add(column.quoted() + " is " + found.text("type") + " instead of " + column.type());
            } else {
                expressions.add(expression);
            }
        }
        if (!existing.containsKey(COMMIT_COLUMN)) {
            missing.add(Sql.identifier(COMMIT_COLUMN) + " VARCHAR");
        }
        refuse(missing, different, required(existing));
        return expressions;
    }

    /// Columns of the table that every row needs a value for, and no row would have one.
    private List<String> required(Map<String, Session.Row> existing) {
        List<String> written = columns.stream().map(ColumnLoad::name).toList();
        return existing.values().stream()
                .filter(row -> row.find("null?").orElse("Y").equals("N")
                        && row.find("default").isEmpty()
                        && !written.contains(row.text("name"))
                        && !row.text("name").equals(COMMIT_COLUMN))
                .map(row -> Sql.identifier(row.text("name")))
                .toList();
    }

    private void refuse(List<String> missing, List<String> different, List<String> required) {
        List<String> faults = new ArrayList<>();
        List<String> fixes = new ArrayList<>();
        if (!missing.isEmpty()) {
            faults.add("it has no column " + String.join(", ", missing));
            fixes.add("ALTER TABLE " + name.sql() + " ADD COLUMN " + String.join(", ", missing)
                    + " (names are case-sensitive here)");
        }
        if (!different.isEmpty()) {
            faults.add("the column " + String.join(", the column ", different));
            fixes.add("rename each column of another type and add one of the right type, or leave it out of the model");
        }
        if (!required.isEmpty()) {
            faults.add("it demands a value for " + String.join(", ", required));
            fixes.add("ALTER TABLE " + name.sql()
                    + required.stream()
                            .map(column -> " ALTER COLUMN " + column + " DROP NOT NULL")
                            .collect(Collectors.joining(",")));
        }
        if (!faults.isEmpty()) {
            throw ExportException.user(
                    "TableMismatch",
                    "The table " + name + " does not fit what is exported: " + String.join("; ", faults) + ".",
                    String.join("; ", fixes) + ". Or choose another table_name.");
        }
    }
}
