package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/// The statements about one selection, with the rights that its model has: all SQL of a user goes through
/// here, and through [QueryGuard] first.
final class SelectionQueries {
    private final Queries queries;
    private final RowSelection selection;
    private final QueryTag tag;
    private final Queries.Access access;

    SelectionQueries(Queries queries, RowSelection selection, QueryTag tag) {
        this.queries = queries;
        this.selection = selection;
        this.tag = tag;
        this.access = queries.access(selection);
    }

    RowSelection selection() {
        return selection;
    }

    /// The same for another interval, for instance.
    SelectionQueries about(RowSelection other) {
        return new SelectionQueries(queries, other, tag);
    }

    /// Looks up the columns of the selection's relation.
    ///
    /// @throws ExportException of kind USER if the model does not fit them
    ResolvedSelection resolve() {
        Schema schema = schema();
        return ResolvedSelection.resolve(selection, schema, casts(typedColumns(schema)));
    }

    /// The columns that the relation has.
    Schema schema() {
        switch (selection.model().relation()) {
            case Relation.Table _ -> {
                // Its name is quoted.
            }
            case Relation.Query query ->
                answer(Schema.parse(query, selection.interval()), tree -> {
                    QueryGuard.check(new String(tree, StandardCharsets.UTF_8));
                    return tree;
                });
        }
        return answer(Schema.describe(selection.model().relation(), selection.interval()), Schema::parse);
    }

    /// The positions of the model's columns that are cast, as far as they exist.
    List<Integer> typedColumns(Schema schema) {
        List<Model.Column> columns = selection.model().columns();
        return IntStream.range(0, columns.size())
                .filter(index -> columns.get(index).type() != null)
                .filter(index -> schema.column(columns.get(index).source()).isPresent())
                .boxed()
                .toList();
    }

    /// What casts come to, by position.
    Map<Integer, ColumnType> casts(List<Integer> positions) {
        Map<Integer, ColumnType> types = new HashMap<>();
        if (!positions.isEmpty()) {
            Schema described =
                    answer(Schema.describeCasts(selection.model(), positions, selection.interval()), Schema::parse);
            for (int position : positions) {
                types.put(
                        position,
                        described.column("column_" + position).orElseThrow().type());
            }
        }
        return types;
    }

    long count(Statement statement) {
        return answer(statement, bytes -> new RowBinary(bytes).nextLong());
    }

    <T> T answer(Statement statement, Function<byte[], T> parse) {
        return queries.answer(access, statement, tag, parse);
    }

    /// @param further settings; those that the server lacks are left out
    String summary(Statement statement, Map<String, String> further) {
        return queries.summary(access, statement, tag, further);
    }

    EncodedRows stream(Statement statement, OutputFormat format, Encoding encoding) {
        return stream(statement, format, encoding, Map.of());
    }

    EncodedRows stream(Statement statement, OutputFormat format, Encoding encoding, Map<String, String> further) {
        return queries.stream(access, statement, format, encoding, tag, further);
    }
}
