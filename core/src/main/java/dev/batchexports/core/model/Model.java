package dev.batchexports.core.model;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is exported: a relation, the column that says when a row landed in ClickHouse, and the columns
/// to write.
///
/// @param name how users call it: `events`, or the table's name
/// @param landingTimeColumn the DateTime or DateTime64 column whose value decides to which interval a
///     row belongs
/// @param columns the columns to write, in order; empty for every column of the relation
/// @param primaryKey the written columns, by their names at the destination, that identify a row; empty for
///     append models
/// @param versionKey the written column whose greater value wins when rows share a primary key, for merge
///     models
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
    /// @param type the type of the source that it is cast to; null for the column's own
    public record Column(
            String name, String source, @Nullable String type) {
        public Column {
            if (name.isBlank() || source.isBlank()) {
                throw new IllegalArgumentException("a column needs a name and a source");
            }
            if (type != null && type.isBlank()) {
                throw new IllegalArgumentException("a type must not be blank");
            }
        }

        public Column(String name, String source) {
            this(name, source, null);
        }
    }

    public static final String DEFAULT_LANDING_TIME_COLUMN = "inserted_at";

    private static final String VERSION = "version";

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

    /// The built-in `events` model over the table `events`: rows that never change.
    public static Model events() {
        return builtIn(
                "events",
                List.of(),
                null,
                "uuid",
                "event",
                "distinct_id",
                "person_id",
                "properties",
                "person_properties",
                "elements_chain",
                "timestamp",
                "created_at",
                "team_id",
                "inserted_at");
    }

    /// The built-in `persons` model over the table `persons`: who a distinct id is, at its latest.
    public static Model persons() {
        return builtIn(
                "persons",
                List.of("team_id", "distinct_id"),
                VERSION,
                "team_id",
                "distinct_id",
                "person_id",
                "properties",
                "person_version",
                "person_distinct_id_version",
                VERSION,
                "is_deleted",
                "created_at",
                "inserted_at");
    }

    /// The built-in `sessions` model over the table `sessions`: what a visit came to, at its latest.
    public static Model sessions() {
        return builtIn(
                "sessions",
                List.of("team_id", "session_id"),
                VERSION,
                "team_id",
                "session_id",
                "distinct_id",
                "start_timestamp",
                "end_timestamp",
                "duration_seconds",
                "event_count",
                "pageview_count",
                "autocapture_count",
                "entry_url",
                "exit_url",
                "referring_domain",
                "utm_source",
                VERSION,
                "inserted_at");
    }

    /// The models that users call by a name alone.
    public static List<Model> builtIn() {
        return List.of(events(), persons(), sessions());
    }

    private static Model builtIn(
            String table, List<String> primaryKey, @Nullable String versionKey, String... columns) {
        return new Model(
                table,
                new Relation.Table(table),
                DEFAULT_LANDING_TIME_COLUMN,
                Arrays.stream(columns).map(name -> new Column(name, name)).toList(),
                primaryKey,
                versionKey);
    }
}
