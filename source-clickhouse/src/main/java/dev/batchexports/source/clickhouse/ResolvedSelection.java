package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SourceColumn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The rows of a run as SQL, checked against the columns that the relation really has.
///
/// Every statement that touches rows is made here, so that counting, planning and streaming can never
/// mean different rows.
final class ResolvedSelection {
    /// The tenant column by convention.
    private static final String TENANT_COLUMN = "team_id";

    private static final String EVENT_COLUMN = "event";

    private final RowSelection selection;
    private final List<ResolvedColumn> columns;
    private final LandingTime landingTime;
    private final List<String> hashedColumns;
    private final boolean hasTenant;

    private ResolvedSelection(
            RowSelection selection,
            List<ResolvedColumn> columns,
            LandingTime landingTime,
            List<String> hashedColumns,
            boolean hasTenant) {
        this.selection = selection;
        this.columns = List.copyOf(columns);
        this.landingTime = landingTime;
        this.hashedColumns = List.copyOf(hashedColumns);
        this.hasTenant = hasTenant;
    }

    /// @throws ExportException of kind USER if the model does not fit the relation
    static ResolvedSelection resolve(RowSelection selection, Schema schema) {
        Model model = selection.model();
        Schema.Column landing = required(schema, model, model.landingTimeColumn());
        LandingTime landingTime = LandingTime.of(landing.name(), landing.type());

        Optional<Schema.Column> tenant = schema.column(TENANT_COLUMN);
        if (tenant.isPresent() && !tenant.get().type().isInteger()) {
            throw ExportException.user(
                    "BadTenantColumn",
                    "The column " + TENANT_COLUMN + " is of type "
                            + tenant.get().type() + ", so rows cannot be told apart by project.",
                    "Make it an integer column, or give it another name if it does not hold the project.");
        }
        boolean filtersEvents = !selection.includeEvents().isEmpty()
                || !selection.excludeEvents().isEmpty();
        if (filtersEvents) {
            Optional<Schema.Column> event = schema.column(EVENT_COLUMN);
            if (event.isEmpty() || !event.get().type().isString()) {
                throw ExportException.user(
                        "NoEventColumn",
                        "The model " + model.name() + " has no text column " + EVENT_COLUMN + " to filter events by.",
                        "Remove the included and excluded events from the export.");
            }
        }
        List<ResolvedColumn> columns = columns(schema, model);
        return new ResolvedSelection(
                selection, columns, landingTime, hashed(schema, model, columns), tenant.isPresent());
    }

    private static List<ResolvedColumn> columns(Schema schema, Model model) {
        List<ResolvedColumn> columns = new ArrayList<>();
        if (model.columns().isEmpty()) {
            for (Schema.Column column : schema.columns().values()) {
                if (column.selectable()) {
                    columns.add(new ResolvedColumn(column.name(), column.name(), column.type()));
                }
            }
        } else {
            Set<String> names = new HashSet<>();
            for (Model.Column wanted : model.columns()) {
                if (!names.add(wanted.name())) {
                    throw ExportException.user(
                            "DuplicateColumn",
                            "The model " + model.name() + " names two columns " + wanted.name() + ".",
                            "Give each column a name of its own.");
                }
                Schema.Column found = required(schema, model, wanted.source());
                columns.add(new ResolvedColumn(wanted.name(), found.name(), found.type()));
            }
        }
        return columns;
    }

    private static Schema.Column required(Schema schema, Model model, String name) {
        return schema.column(name)
                .orElseThrow(() -> ExportException.user(
                        "UnknownColumn",
                        "The model " + model.name() + " reads a column " + name + ", which does not exist.",
                        "Correct the model's columns. There are: "
                                + schema.columns().keySet().stream().limit(40).collect(Collectors.joining(", "))
                                + "."));
    }

    /// What a row is hashed by when an instant has more rows than a slice may hold: the primary key, else
    /// the columns with UUIDs, else all columns. All of them are part of the row, so that a row falls into
    /// one bucket only, however often it is asked; the key is merely cheaper to read.
    private static List<String> hashed(Schema schema, Model model, List<ResolvedColumn> columns) {
        if (!model.primaryKey().isEmpty()) {
            return model.primaryKey().stream()
                    .map(name -> Identifier.quote(required(schema, model, name).name()))
                    .toList();
        }
        List<String> ids = columns.stream()
                .filter(column -> column.type().name().equals("UUID"))
                .map(ResolvedColumn::quoted)
                .toList();
        return ids.isEmpty() ? columns.stream().map(ResolvedColumn::quoted).toList() : ids;
    }

    Interval interval() {
        return selection.interval();
    }

    LandingTime landingTime() {
        return landingTime;
    }

    List<SourceColumn> sourceColumns() {
        return columns.stream()
                .map(column -> new SourceColumn(
                        column.name(),
                        column.type().text(),
                        column.holdsJsonText() ? SourceColumn.Content.JSON : SourceColumn.Content.PLAIN))
                .toList();
    }

    OutputFormat outputFormat(Encoding encoding) {
        return OutputFormat.of(encoding, columns);
    }

    Statement count() {
        Statement.Builder statement = new Statement.Builder().add("SELECT toInt64(count())");
        addRows(statement, selection.interval(), "");
        return statement.add(" FORMAT RowBinary").build();
    }

    Statement count(Slice slice) {
        Statement.Builder statement = new Statement.Builder().add("SELECT toInt64(count())");
        addRows(statement, slice.range(), "");
        addBucket(statement, slice);
        return statement.add(" FORMAT RowBinary").build();
    }

    /// The bounds of intervals at the resolution of the landing time, in microseconds since 1970, ascending.
    List<Long> bounds(List<Interval> intervals) {
        return intervals.stream()
                .flatMap(interval -> Stream.of(interval.start(), interval.end()))
                .map(landingTime::firstMicrosFrom)
                .distinct()
                .sorted()
                .toList();
    }

    /// Rows by the last of some bounds at or before their landing time: (bound, rows), each an Int64, in no order.
    ///
    /// @param bounds ascending, in microseconds since 1970
    Statement counts(List<Long> bounds) {
        Statement.Builder statement = new Statement.Builder().add("SELECT ");
        addBoundBefore(statement, bounds);
        statement.add(", toInt64(count())");
        addRows(statement, selection.interval(), "");
        statement.add(" GROUP BY ");
        addBoundBefore(statement, bounds);
        return statement.add(" FORMAT RowBinary").build();
    }

    private void addBoundBefore(Statement.Builder statement, List<Long> bounds) {
        statement
                .add("toInt64(roundDown(" + landingTime.microsExpression() + ", ")
                .addIntegers("bounds", bounds)
                .add("))");
    }

    /// The rows of each interval.
    ///
    /// @param counted rows by bound, as [#counts] finds them
    List<Long> sums(List<Interval> intervals, List<Long> bounds, Map<Long, Long> counted) {
        NavigableMap<Long, Long> ordered = new TreeMap<>(counted);
        return intervals.stream()
                .map(interval -> {
                    long start = landingTime.firstMicrosFrom(interval.start());
                    long end = landingTime.firstMicrosFrom(interval.end());
                    return start < end
                            ? ordered.subMap(start, end).values().stream()
                                    .mapToLong(Long::longValue)
                                    .sum()
                            : 0L;
                })
                .toList();
    }

    /// All rows of a slice.
    Statement rows(Slice slice, OutputFormat format) {
        Statement.Builder statement = new Statement.Builder();
        addSelect(statement, format);
        addRows(statement, slice.range(), "");
        addBucket(statement, slice);
        return statement.add(" FORMAT " + format.name()).build();
    }

    /// A few rows of each range.
    ///
    /// @param limits how many rows of the range with the same index
    Statement sample(List<Interval> ranges, List<Long> limits, OutputFormat format) {
        Statement.Builder statement = new Statement.Builder();
        for (int index = 0; index < ranges.size(); index++) {
            statement.add(index == 0 ? "" : "\nUNION ALL\n");
            addSelect(statement, format);
            addRows(statement, ranges.get(index), "range_" + index + "_");
            statement.add(" LIMIT ").addInteger("limit_" + index, limits.get(index));
        }
        return statement.add(" FORMAT " + format.name()).build();
    }

    /// Rows and bytes by bucket of landing time: (bucket, rows, bytes), each an Int64, in no order.
    ///
    /// @param origin of bucket 0, in microseconds since 1970
    /// @param width of a bucket, in microseconds
    /// @param within where to look
    /// @param parent the width of the buckets that are refined
    /// @param parents which of them; empty for everything `within`
    Statement histogram(long origin, long width, Interval within, long parent, List<Long> parents) {
        Statement.Builder statement = new Statement.Builder().add("SELECT ");
        addPosition(statement, origin, "width", width);
        statement.add(", toInt64(count()), " + bytes());
        addRows(statement, within, "");
        if (!parents.isEmpty()) {
            statement.add(" AND ");
            addPosition(statement, origin, "parent", parent);
            statement.add(" IN ").addIntegers("parents", parents);
        }
        statement.add(" GROUP BY ");
        addPosition(statement, origin, "width", width);
        return statement.add(" FORMAT RowBinary").build();
    }

    /// Rows and bytes of instants by hash bucket: (instant, bucket, rows, bytes), each an Int64, in no order.
    ///
    /// @param instants in microseconds since 1970
    /// @param buckets into how many buckets the rows of each instant go
    Statement hashHistogram(Interval within, List<Long> instants, List<Long> buckets) {
        Statement.Builder statement = new Statement.Builder().add("SELECT ");
        addInstant(statement);
        statement.add(", ");
        addInstantBucket(statement, instants, buckets);
        statement.add(", toInt64(count()), " + bytes());
        addRows(statement, within, "");
        statement.add(" AND ");
        addInstant(statement);
        statement.add(" IN ").addIntegers("instants", instants).add(" GROUP BY ");
        addInstant(statement);
        statement.add(", ");
        addInstantBucket(statement, instants, buckets);
        return statement.add(" FORMAT RowBinary").build();
    }

    /// The number of a row's bucket of landing time.
    private void addPosition(Statement.Builder statement, long origin, String name, long width) {
        statement
                .add("intDiv(" + landingTime.microsExpression() + " - ")
                .addInteger("origin", origin)
                .add(", ")
                .addInteger(name, width)
                .add(")");
    }

    /// The landing time at the resolution that slices can be cut at.
    private void addInstant(Statement.Builder statement) {
        statement.add(landingTime.microsExpression());
    }

    private void addInstantBucket(Statement.Builder statement, List<Long> instants, List<Long> buckets) {
        statement.add("toInt64(" + hash() + " % toUInt64(transform(");
        addInstant(statement);
        statement
                .add(", ")
                .addIntegers("instants", instants)
                .add(", ")
                .addIntegers("buckets", buckets)
                .add(", toInt64(1))))");
    }

    /// A tuple hides NULL from the function, which would return NULL for it: such a row would be in no bucket.
    private String hash() {
        return "cityHash64(tuple(" + String.join(", ", hashedColumns) + "))";
    }

    private String bytes() {
        return columns.stream()
                .map(column -> "toInt64(" + column.sizeExpression() + ")")
                .collect(Collectors.joining(" + ", "toInt64(sum(", "))"));
    }

    private static void addSelect(Statement.Builder statement, OutputFormat format) {
        statement.add("SELECT " + String.join(",\n  ", format.expressions()));
    }

    /// Adds `FROM ... WHERE ...`: which rows belong to a range.
    private void addRows(Statement.Builder statement, Interval range, String prefix) {
        statement.add("\nFROM ");
        Schema.addRelation(statement, selection.model().relation(), selection.interval());
        statement.add("\nWHERE ");
        landingTime.addRange(statement, range, prefix);
        if (hasTenant) {
            statement
                    .add(" AND " + Identifier.quote(TENANT_COLUMN) + " = ")
                    .addInteger("tenant", selection.projectId());
        }
        if (!selection.includeEvents().isEmpty()) {
            statement
                    .add(" AND " + Identifier.quote(EVENT_COLUMN) + " IN ")
                    .addTexts("include_events", selection.includeEvents());
        }
        if (!selection.excludeEvents().isEmpty()) {
            // An event that is NULL is none of the excluded ones.
            statement
                    .add(" AND NOT ifNull(" + Identifier.quote(EVENT_COLUMN) + " IN ")
                    .addTexts("exclude_events", selection.excludeEvents())
                    .add(", false)");
        }
    }

    private void addBucket(Statement.Builder statement, Slice slice) {
        if (slice.buckets() > 1) {
            statement
                    .add(" AND " + hash() + " % toUInt64(")
                    .addInteger("buckets", slice.buckets())
                    .add(") = toUInt64(")
                    .addInteger("bucket", slice.bucket())
                    .add(")");
        }
    }
}
