package dev.batchexports.core.model;

/// Where a model's rows are read from.
public sealed interface Relation {
    /// A table or view, given as `name` or `database.name`; the source quotes it.
    record Table(String name) implements Relation {
        public Table {
            if (name.isBlank()) {
                throw new IllegalArgumentException("table must not be blank");
            }
        }
    }

    /// A SELECT with the placeholders `{interval_start}` and `{interval_end}`.
    record Query(String sql) implements Relation {
        public Query {
            if (sql.isBlank()) {
                throw new IllegalArgumentException("query must not be blank");
            }
        }
    }
}
