package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.Source;
import dev.batchexports.core.source.SourceColumn;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// A ClickHouse server or cluster as a [Source], over its HTTP interface. Thread-safe.
///
/// Needs ClickHouse 24.3 or newer and a user with SELECT on the exported tables, who may be
/// `readonly = 2`.
public final class ClickHouseSource implements Source {
    /// Somebody waits for the answer.
    private static final Duration INTERACTIVE_PATIENCE = Duration.ofSeconds(20);

    private final ClickHouseHttp http;
    private final Queries queries;
    private final Queries interactive;

    private ClickHouseSource(ClickHouseHttp http, Queries queries, Queries interactive) {
        this.http = http;
        this.queries = queries;
        this.interactive = interactive;
    }

    /// Connects lazily: an unreachable server shows with the first query, or by [#check].
    public static ClickHouseSource open(ClickHouseSettings settings) {
        ClickHouseHttp http = new ClickHouseHttp(settings);
        return new ClickHouseSource(
                http, new Queries(http, settings), new Queries(http, settings, INTERACTIVE_PATIENCE));
    }

    /// Reaches the server and logs in.
    ///
    /// @return the server's version
    /// @throws ExportException that says what is wrong
    public String check() {
        http.ping();
        return queries.version();
    }

    @Override
    public Plan plan(RowSelection selection, Encoding encoding, SliceLimits limits, QueryTag tag) {
        SelectionQueries of = queries.of(selection, tag);
        return new Planner(of, of.resolve()).plan(encoding, limits);
    }

    @Override
    public long count(RowSelection selection, QueryTag tag) {
        SelectionQueries of = queries.of(selection, tag);
        return of.count(of.resolve().count());
    }

    @Override
    public long count(RowSelection selection, List<SourceColumn> columns, Slice slice, QueryTag tag) {
        SelectionQueries of = queries.of(selection, tag);
        return of.count(of.resolve().restrictedTo(columns).count(slice));
    }

    /// In one query for a table. The placeholders of a model that is a query stand for the bounds of one interval,
    /// so that each of its intervals is counted by itself.
    @Override
    public List<Long> counts(RowSelection selection, List<Interval> intervals, QueryTag tag) {
        return switch (selection.model().relation()) {
            case Relation.Query _ -> Source.super.counts(selection, intervals, tag);
            case Relation.Table _ -> {
                SelectionQueries of = queries.of(selection, tag);
                ResolvedSelection resolved = of.resolve();
                List<Long> bounds = resolved.bounds(intervals);
                Map<Long, Long> counted = of.answer(resolved.counts(bounds), answer -> {
                    Map<Long, Long> rows = new HashMap<>();
                    RowBinary fields = new RowBinary(answer);
                    while (fields.hasNext()) {
                        rows.put(fields.nextLong(), fields.nextLong());
                    }
                    return rows;
                });
                yield resolved.sums(intervals, bounds, counted);
            }
        };
    }

    @Override
    public EncodedRows open(
            RowSelection selection, List<SourceColumn> columns, Slice slice, Encoding encoding, QueryTag tag) {
        if (tag.attempt() > 1) {
            // The former attempt's query may still run, for a worker that is presumed dead.
            queries.tryToKill(Query.prefix(tag));
        }
        SelectionQueries of = queries.of(selection, tag);
        ResolvedSelection rows = of.resolve().restrictedTo(columns);
        OutputFormat format = rows.outputFormat(encoding);
        return of.stream(rows.rows(slice, format), format, encoding);
    }

    /// The columns that the rows of a selection have now, as a plan tells them.
    public List<SourceColumn> columns(RowSelection selection, QueryTag tag) {
        return queries.of(selection, tag).resolve().sourceColumns();
    }

    /// Compares a model and its filters with what ClickHouse has.
    ///
    /// @return everything that does not fit; empty when the selection can be exported
    /// @throws ExportException when ClickHouse cannot say
    public List<ModelProblem> problems(RowSelection selection, QueryTag tag) {
        return new ModelCheck(interactive.of(selection, tag)).problems();
    }

    /// A few rows, as they would be exported, and their columns. Takes a few seconds and megabytes at most.
    ///
    /// @throws ExportException of kind USER if the model does not fit what ClickHouse has
    public Preview preview(RowSelection selection, int rows, QueryTag tag) {
        return Preview.of(interactive.of(selection, tag), rows);
    }

    /// Measures how many rows ClickHouse reads to find those of a selection, and says what to do about it.
    ///
    /// Counts the rows with the conditions of an export: as costly as the slowest part of a plan.
    public ReadAdvice readAdvice(RowSelection selection, QueryTag tag) {
        return ReadAdvice.measure(queries.of(selection, tag));
    }

    @Override
    public void cancelQueries(UUID runId) {
        queries.tryToKill(QueryTag.prefix(runId));
    }

    @Override
    public void close() {
        http.close();
    }
}
