package dev.batchexports.source.clickhouse;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;

/// The columns that a relation has now.
final class Schema {
    /// @param selectable whether `SELECT *` returns the column: not if it is computed or exists for inserts
    record Column(String name, ColumnType type, boolean selectable) {}

    private final SequencedMap<String, Column> columns = new LinkedHashMap<>();

    private Schema() {}

    /// The statement whose answer [#parse] reads.
    static Statement describe(Relation relation, Interval interval) {
        Statement.Builder statement = new Statement.Builder().add("DESCRIBE TABLE ");
        addRelation(statement, relation, interval);
        return statement.add(" FORMAT RowBinaryWithNames").build();
    }

    /// The statement that names the types of casts: (name, type) for each column with a type, by its position
    /// in the model.
    static Statement describeCasts(Model model, List<Integer> positions, Interval interval) {
        Statement.Builder statement = new Statement.Builder().add("DESCRIBE TABLE (SELECT ");
        for (int index = 0; index < positions.size(); index++) {
            int position = positions.get(index);
            Model.Column column = model.columns().get(position);
            String type = statement.bindText(
                    "type_" + position, Objects.requireNonNull(column.type(), "a column with a type"));
            statement
                    .add(index == 0 ? "" : ", ")
                    .add(ResolvedColumn.cast(column.source(), type) + " AS column_" + position);
        }
        statement.add(" FROM ");
        addRelation(statement, model.relation(), interval);
        return statement.add(") FORMAT RowBinaryWithNames").build();
    }

    /// The statement that names the parts of a query, without running any of it.
    static Statement parse(Relation.Query query, Interval interval) {
        Statement.Builder statement = new Statement.Builder().add("EXPLAIN AST ");
        addQueryText(statement, query.sql(), interval);
        return statement.build();
    }

    static Schema parse(byte[] answer) {
        Schema schema = new Schema();
        RowBinary rows = new RowBinary(answer);
        // Versions and settings differ in which columns the answer has.
        List<String> header = rows.nextHeader();
        while (rows.hasNext()) {
            Map<String, String> row = new HashMap<>();
            for (String field : header) {
                row.put(field, rows.nextText());
            }
            String name = row.getOrDefault("name", "");
            String defaultKind = row.getOrDefault("default_type", "");
            boolean selectable = defaultKind.isEmpty() || defaultKind.equals("DEFAULT");
            if (!defaultKind.equals("EPHEMERAL")) {
                ColumnType type = ColumnType.of(row.getOrDefault("type", ""));
                schema.columns.put(name, new Column(name, type, selectable));
            }
        }
        return schema;
    }

    Optional<Column> column(String name) {
        return Optional.ofNullable(columns.get(name));
    }

    /// In the order of the relation.
    Map<String, Column> columns() {
        return columns;
    }

    /// Adds what stands after `FROM`.
    ///
    /// A query's placeholders become typed parameters with the bounds of the run, not of the slice: what a
    /// query returns must not depend on how the interval is cut.
    static void addRelation(Statement.Builder statement, Relation relation, Interval interval) {
        switch (relation) {
            case Relation.Table table -> statement.add(Identifier.quoteTable(table.name()));
            case Relation.Query query -> addQuery(statement, query.sql(), interval);
        }
    }

    private static void addQuery(Statement.Builder statement, String sql, Interval interval) {
        statement.add("(\n");
        addQueryText(statement, sql, interval);
        // The line break ends a comment at the end of the query.
        statement.add("\n)");
    }

    private static void addQueryText(Statement.Builder statement, String sql, Interval interval) {
        String text = sql.strip();
        if (text.endsWith(";")) {
            text = text.substring(0, text.length() - 1);
        }
        int position = 0;
        while (true) {
            int start = text.indexOf("{interval_start}", position);
            int end = text.indexOf("{interval_end}", position);
            if (start < 0 && end < 0) {
                break;
            }
            boolean startIsNext = end < 0 || (start >= 0 && start < end);
            int next = startIsNext ? start : end;
            String name = startIsNext ? "interval_start" : "interval_end";
            statement.add(text.substring(position, next));
            addBound(statement, name, startIsNext ? interval.start() : interval.end());
            position = next + name.length() + 2;
        }
        statement.add(text.substring(position));
    }

    private static void addBound(Statement.Builder statement, String name, Instant bound) {
        statement.addParameter(name, "DateTime64(6, 'UTC')", LandingTime.text(bound, 6));
    }
}
