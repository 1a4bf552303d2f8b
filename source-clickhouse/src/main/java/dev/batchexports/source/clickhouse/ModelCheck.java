package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.PropertyFilter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Finds everything about a model and its filters that does not fit what ClickHouse has, so that users are
/// told at once and at the right place. Reads no rows.
final class ModelCheck {
    /// What the operator has to mend, not who made the model.
    private static final Set<String> NOT_THE_MODEL =
            Set.of("AuthenticationFailed", "ReadOnlyUser", "SettingNotAllowed", "UnsupportedServer", "NotClickHouse");

    private final SelectionQueries queries;
    private final List<ModelProblem> problems = new ArrayList<>();

    ModelCheck(SelectionQueries queries) {
        this.queries = queries;
    }

    List<ModelProblem> problems() {
        checkExpressions();
        Schema schema = tried(relationPointer(), queries::schema);
        if (schema != null) {
            Map<Integer, ColumnType> casts = casts(queries.typedColumns(schema));
            SelectionResolver resolver = new SelectionResolver(queries.selection(), schema, casts);
            problems.addAll(resolver.problems());
        }
        return List.copyOf(problems);
    }

    private String relationPointer() {
        return switch (queries.selection().model().relation()) {
            case Relation.Table _ -> "/model/table";
            case Relation.Query _ -> "/model/query";
        };
    }

    private Map<Integer, ColumnType> casts(List<Integer> positions) {
        Map<Integer, ColumnType> casts = new HashMap<>();
        for (int position : positions) {
            Map<Integer, ColumnType> one = tried("/model/columns/" + position + "/type", () -> cast(position));
            if (one != null) {
                casts.putAll(one);
            }
        }
        return casts;
    }

    private Map<Integer, ColumnType> cast(int position) {
        try {
            return queries.casts(List.of(position));
        } catch (ExportException failure) {
            if (failure.kind() != ErrorKind.USER || NOT_THE_MODEL.contains(failure.code())) {
                throw failure;
            }
            Model.Column column = queries.selection().model().columns().get(position);
            throw ExportException.user(
                    "BadColumnType",
                    "The column " + column.source() + " cannot be cast to " + column.type() + ": " + failure.sentence(),
                    "Give a ClickHouse type such as Int64, Nullable(String) or Decimal(18, 2), that the column's"
                            + " values convert to.");
        }
    }

    /// ClickHouse itself compiles regular expressions, each alone.
    private void checkExpressions() {
        List<PropertyFilter> filters = queries.selection().filters();
        for (int index = 0; index < filters.size(); index++) {
            PropertyFilter filter = filters.get(index);
            if (filter.operator() == PropertyFilter.Operator.REGEX
                    || filter.operator() == PropertyFilter.Operator.NOT_REGEX) {
                Statement statement = new Statement.Builder()
                        .add("SELECT toInt64(match('', ")
                        .addText("expression", filter.values().getFirst().text())
                        .add(")) FORMAT RowBinary")
                        .build();
                tried("/filters/" + index + "/value", () -> Optional.of(queries.count(statement)));
            }
        }
    }

    private <T> @Nullable T tried(String pointer, Supplier<T> action) {
        try {
            return action.get();
        } catch (ExportException failure) {
            if (failure.kind() != ErrorKind.USER || NOT_THE_MODEL.contains(failure.code())) {
                throw failure;
            }
            problems.add(new ModelProblem(pointer, failure));
            return null;
        }
    }
}
