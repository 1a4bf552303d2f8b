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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// A ClickHouse server or cluster as a [Source], over its HTTP interface. Thread-safe.
///
/// Needs ClickHouse 24.3 or newer and a user with SELECT on the exported tables, who may be
/// `readonly = 2`.
public final class ClickHouseSource implements Source {
    private final ClickHouseHttp http;
    private final Queries queries;

    private ClickHouseSource(ClickHouseHttp http, Queries queries) {
        this.http = http;
        this.queries = queries;
    }

    /// Connects lazily: an unreachable server shows with the first query, or by [#check].
    public static ClickHouseSource open(ClickHouseSettings settings) {
        ClickHouseHttp http = new ClickHouseHttp(settings);
        return new ClickHouseSource(http, new Queries(http, settings));
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
        return new Planner(queries, queries.resolve(selection, tag), tag).plan(encoding, limits);
    }

    @Override
    public long count(RowSelection selection, QueryTag tag) {
        return queries.count(queries.resolve(selection, tag).count(), tag);
    }

    @Override
    public long count(RowSelection selection, Slice slice, QueryTag tag) {
        return queries.count(queries.resolve(selection, tag).count(slice), tag);
    }

    /// In one query for a table. The placeholders of a model that is a query stand for the bounds of one interval,
    /// so that each of its intervals is counted by itself.
    @Override
    public List<Long> counts(RowSelection selection, List<Interval> intervals, QueryTag tag) {
        return switch (selection.model().relation()) {
            case Relation.Query _ -> Source.super.counts(selection, intervals, tag);
            case Relation.Table _ -> {
                ResolvedSelection resolved = queries.resolve(selection, tag);
                List<Long> bounds = resolved.bounds(intervals);
                Map<Long, Long> counted = queries.answer(resolved.counts(bounds), tag, answer -> {
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
    public EncodedRows open(RowSelection selection, Slice slice, Encoding encoding, QueryTag tag) {
        if (tag.attempt() > 1) {
            // The former attempt's query may still run, for a worker that is presumed dead.
            queries.tryToKill(Query.prefix(tag));
        }
        ResolvedSelection rows = queries.resolve(selection, tag);
        OutputFormat format = rows.outputFormat(encoding);
        return queries.stream(rows.rows(slice, format), format, encoding, tag);
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
