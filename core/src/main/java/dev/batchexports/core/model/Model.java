package dev.batchexports.core.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is exported: a relation, the column that says when a row landed in ClickHouse, and the columns
/// to write.
///
/// @param name how users call it: `events`, or the table's name
/// @param landingTimeColumn the DateTime or DateTime64 column whose value decides to which interval a
///     row belongs
/// @param columns the columns to write, in order; empty for every column of the relation
/// @param primaryKey the columns that identify a row; empty for append models
/// @param versionKey the column whose greater value wins when rows share a primary key, for merge models
public record Model(
        String name,
        Relation relation,
        String landingTimeColumn,
        List<Column> columns,
        List<String> primaryKey,
        @Nullable String versionKey) {

    /// A column to write.
    ///
    /// @param name its name at the destination
    /// @param source the column of the relation it is read from
    public record Column(String name, String source) {
        public Column {
            if (name.isBlank() || source.isBlank()) {
                throw new IllegalArgumentException("a column needs a name and a source");
            }
        }
    }

    public static final String DEFAULT_LANDING_TIME_COLUMN = "inserted_at";

    public Model {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a model needs a name");
        }
        if (landingTimeColumn.isBlank()) {
            throw new IllegalArgumentException("a model needs a landing-time column");
        }
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
    }

    /// The built-in `events` model over the table `events`.
    public static Model events() {
        return new Model(
                "events", new Relation.Table("events"), DEFAULT_LANDING_TIME_COLUMN, eventColumns(), List.of(), null);
    }

    private static List<Column> eventColumns() {
        return List.of(
                column("uuid"),
                column("event"),
                column("distinct_id"),
                column("person_id"),
                column("properties"),
                column("person_properties"),
                column("elements_chain"),
                column("timestamp"),
                column("created_at"),
                column("team_id"),
                column("inserted_at"));
    }

    private static Column column(String name) {
        return new Column(name, name);
    }
}
