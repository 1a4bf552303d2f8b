package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Relation;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How much ClickHouse reads for the rows of a selection, and what would make it less.
///
/// @param rowsSelected the rows of the selection
/// @param rowsRead what ClickHouse looked at to find them
/// @param bytesRead of the columns that the conditions need
/// @param sentence what that means, in one sentence
/// @param fix what to change, perhaps with a statement; empty when there is nothing
public record ReadAdvice(
        long rowsSelected,
        long rowsRead,
        long bytesRead,
        Duration elapsed,
        Verdict verdict,
        String sentence,
        String fix) {
    /// What the figures mean.
    public enum Verdict {
        /// The table is ordered or partitioned so that an export reads little beside its rows.
        GOOD,
        /// Several times the rows are read: it costs, and works.
        COSTLY,
        /// The table has to be laid out in another way, or every run scans it.
        SCANS
    }

    /// ClickHouse reads in granules of 8192 rows: some for each part say nothing about the table.
    private static final long ALWAYS_FINE = 20 * 8_192L;

    private static final double GOOD_RATIO = 10;
    private static final double COSTLY_RATIO = 100;

    /// Without these, ClickHouse answers from what it remembers of former queries or from counts beside the table.
    private static final Map<String, String> HONEST = Map.of(
            "max_execution_time", "60",
            "use_query_condition_cache", "0",
            "use_skip_indexes_on_data_read", "0",
            "optimize_use_implicit_projections", "0",
            "optimize_trivial_count_query", "0");

    /// How many rows were read for each row that was selected.
    public double rowsReadPerRow() {
        return (double) rowsRead / Math.max(1, rowsSelected);
    }

    static ReadAdvice measure(SelectionQueries queries) {
        ResolvedSelection selection = queries.resolve();
        String summary = queries.summary(selection.count(), HONEST);
        long selected = queries.count(selection.count());
        long read = figure(summary, "read_rows");
        long bytes = figure(summary, "read_bytes");
        Duration elapsed = Duration.ofNanos(figure(summary, "elapsed_ns"));
        Verdict verdict = verdict(selected, read);
        return new ReadAdvice(
                selected,
                read,
                bytes,
                elapsed,
                verdict,
                sentence(verdict, selected, read),
                fix(verdict, queries.selection().model().relation(), selection));
    }

    private static Verdict verdict(long selected, long read) {
        double ratio = (double) read / Math.max(1, selected);
        if (read <= ALWAYS_FINE || ratio <= GOOD_RATIO) {
            return Verdict.GOOD;
        }
        return ratio <= COSTLY_RATIO ? Verdict.COSTLY : Verdict.SCANS;
    }

    private static String sentence(Verdict verdict, long selected, long read) {
        String figures = "ClickHouse reads %,d rows to find the %,d of the interval".formatted(read, selected);
        return switch (verdict) {
            case GOOD -> figures + ": the table suits exports.";
            case COSTLY -> figures + ": the table is not ordered by landing time within a project.";
            case SCANS -> figures + ": every run scans a great part of the table.";
        };
    }

    private static String fix(Verdict verdict, Relation relation, ResolvedSelection selection) {
        if (verdict == Verdict.GOOD) {
            return "";
        }
        String landing = Identifier.quote(selection.landingTime().column());
        String order =
                selection.hasTenant() ? Identifier.quote(ResolvedSelection.TENANT_COLUMN) + ", " + landing : landing;
        return switch (relation) {
            case Relation.Table(String name) -> {
                String table = Identifier.quoteTable(name);
                yield ("Best is a table with ORDER BY (%1$s, ...), or one with PARTITION BY toDate(%2$s). Without a new"
                                + " table: ALTER TABLE %3$s ADD INDEX landing_time %2$s TYPE minmax GRANULARITY 1; ALTER"
                                + " TABLE %3$s MATERIALIZE INDEX landing_time.")
                        .formatted(order, landing, table);
            }
            case Relation.Query _ ->
                "Compare the landing time of the table that the query reads with {interval_start} and"
                        + " {interval_end} inside the query.";
        };
    }

    private static long figure(String summary, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"?(\\d+)").matcher(summary);
        if (!matcher.find()) {
            throw new ExportException(
                    "NoSummary",
                    ErrorKind.INTERNAL,
                    "ClickHouse, or a proxy before it, does not tell how much a query read.",
                    "Let the proxy pass the header X-ClickHouse-Summary.");
        }
        return Long.parseLong(matcher.group(1));
    }
}
