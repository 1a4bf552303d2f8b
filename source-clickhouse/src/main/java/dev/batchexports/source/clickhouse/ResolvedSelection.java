package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SourceColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The rows of a run as SQL, checked against the columns that the relation really has.
///
/// Every statement that touches rows is made here, so that counting, planning and streaming can never
/// mean different rows.
final class ResolvedSelection {
    /// The tenant column by convention.
    static final String TENANT_COLUMN = "team_id";

    static final String EVENT_COLUMN = "event";

    private final RowSelection selection;
    private final List<ResolvedColumn> columns;
    private final LandingTime landingTime;
    private final List<PropertyCondition> conditions;
    private final boolean hasTenant;

    private ResolvedSelection(
            RowSelection selection,
            List<ResolvedColumn> columns,
            LandingTime landingTime,
            List<PropertyCondition> conditions,
            boolean hasTenant) {
        this.selection = selection;
        this.columns = List.copyOf(columns);
        this.landingTime = landingTime;
        this.conditions = List.copyOf(conditions);
        this.hasTenant = hasTenant;
    }

    /// @param casts the types of the model's columns that are cast, by position
    /// @throws ExportException of kind USER if the model does not fit the relation
    static ResolvedSelection resolve(RowSelection selection, Schema schema, Map<Integer, ColumnType> casts) {
        SelectionResolver resolver = new SelectionResolver(selection, schema, casts);
        List<ModelProblem> problems = resolver.problems();
        if (!problems.isEmpty()) {
            throw problems.getFirst().error();
        }
        return new ResolvedSelection(
                selection,
                resolver.columns(),
                LandingTime.of(
                        selection.model().landingTimeColumn(),
                        schema.column(selection.model().landingTimeColumn())
                                .orElseThrow()
                                .type()),
                resolver.conditions(),
                schema.column(TENANT_COLUMN).isPresent());
    }

    /// The same rows with the columns that were planned, whatever others there are now.
    ///
    /// @throws ExportException `ColumnsChanged` if one of them is gone or is of another type
    ResolvedSelection restrictedTo(List<SourceColumn> planned) {
        Map<String, ResolvedColumn> present =
                columns.stream().collect(Collectors.toMap(ResolvedColumn::name, Function.identity()));
        List<ResolvedColumn> restricted = new ArrayList<>();
        for (SourceColumn column : planned) {
            ResolvedColumn found = present.get(column.name());
            if (found == null) {
                throw changed(column, "does not exist any more");
            }
            if (!found.type().text().equals(column.type())) {
                throw changed(column, "is of type " + found.type() + " now");
            }
            restricted.add(found);
        }
        return new ResolvedSelection(selection, restricted, landingTime, conditions, hasTenant);
    }

    private ExportException changed(SourceColumn column, String how) {
        return ExportException.user(
                "ColumnsChanged",
                "The column " + column.name() + " of " + selection.model().name() + " was of type " + column.type()
                        + " when the run was planned, and " + how + ".",
                "Retry the run: it then exports the whole interval with the columns as they are now.");
    }

    /// What a row is hashed by when an instant has more rows than a slice may hold: the primary key, else
    /// the columns with UUIDs, else all columns. All of them are part of the row, so that a row falls into
    /// one bucket only, however often it is asked; the key is merely cheaper to read.
    private List<String> hashedColumns() {
        List<String> key = quoted(column -> selection.model().primaryKey().contains(column.name()));
        if (!key.isEmpty()) {
            return key;
        }
        List<String> ids = quoted(column -> column.sourceType().name().equals("UUID"));
        return ids.isEmpty() ? quoted(column -> true) : ids;
    }

    private List<String> quoted(Predicate<ResolvedColumn> wanted) {
        return columns.stream()
                .filter(wanted)
                .map(column -> Identifier.quote(column.source()))
                .toList();
    }

    Interval interval() {
        return selection.interval();
    }

    LandingTime landingTime() {
        return landingTime;
    }

    boolean hasTenant() {
        return hasTenant;
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

    /// All rows of an interval of landing time, up to a number.
    Statement first(int rows, OutputFormat format) {
        Statement.Builder statement = new Statement.Builder();
        addSelect(statement, format);
        addRows(statement, selection.interval(), "");
        statement.add(" LIMIT ").addInteger("limit", rows);
        return statement.add(" FORMAT " + format.name()).build();
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
        Statement.Builder statement = new Statement.Builder();
        statement.add("SELECT " + position(statement, origin, "width", width) + ", toInt64(count()), " + bytes());
        addRows(statement, within, "");
        if (!parents.isEmpty()) {
            statement.add(" AND ").addInIntegers(position(statement, origin, "parent", parent), "parents", parents);
        }
        statement.add(" GROUP BY " + position(statement, origin, "width", width));
        return statement.add(" FORMAT RowBinary").build();
    }

    /// Rows and bytes of instants by hash bucket: (instant, bucket, rows, bytes), each an Int64, in no order.
    ///
    /// @param instants in microseconds since 1970
    /// @param buckets into how many buckets the rows of each instant go
    Statement hashHistogram(Interval within, List<Long> instants, List<Long> buckets) {
        String instant = landingTime.microsExpression();
        Statement.Builder statement = new Statement.Builder().add("SELECT " + instant + ", ");
        addInstantBucket(statement, instants, buckets);
        statement.add(", toInt64(count()), " + bytes());
        addRows(statement, within, "");
        statement.add(" AND ").addInIntegers(instant, "instants_in", instants).add(" GROUP BY " + instant + ", ");
        addInstantBucket(statement, instants, buckets);
        return statement.add(" FORMAT RowBinary").build();
    }

    /// The number of a row's bucket of landing time, as SQL.
    private String position(Statement.Builder statement, long origin, String name, long width) {
        return "intDiv(" + landingTime.microsExpression() + " - " + statement.bindInteger("origin", origin) + ", "
                + statement.bindInteger(name, width) + ")";
    }

    private void addInstantBucket(Statement.Builder statement, List<Long> instants, List<Long> buckets) {
        statement
                .add("toInt64(" + hash() + " % toUInt64(transform(" + landingTime.microsExpression() + ", ")
                .addIntegers("instants", instants)
                .add(", ")
                .addIntegers("buckets", buckets)
                .add(", toInt64(1))))");
    }

    /// A tuple hides NULL from the function, which would return NULL for it: such a row would be in no bucket.
    private String hash() {
        return "cityHash64(tuple(" + String.join(", ", hashedColumns()) + "))";
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
                    .add(" AND ")
                    .addInTexts(Identifier.quote(EVENT_COLUMN), "include_events", selection.includeEvents());
        }
        if (!selection.excludeEvents().isEmpty()) {
            // An event that is NULL is none of the excluded ones.
            statement
                    .add(" AND NOT ifNull(")
                    .addInTexts(Identifier.quote(EVENT_COLUMN), "exclude_events", selection.excludeEvents())
                    .add(", false)");
        }
        for (PropertyCondition condition : conditions) {
            statement.add(" AND ");
            condition.add(statement);
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
