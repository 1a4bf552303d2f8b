package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.RowSelection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Finds what a model and its filters name among the columns of a relation, and everything that is not
/// there or is of a wrong type. Used by one thread.
final class SelectionResolver {
    private static final int LISTED_COLUMNS = 40;

    private final RowSelection selection;
    private final Model model;
    private final Schema schema;
    private final List<ResolvedColumn> columns = new ArrayList<>();
    private final List<PropertyCondition> conditions = new ArrayList<>();
    private final List<ModelProblem> problems = new ArrayList<>();

    /// @param casts the types of the model's columns that are cast, by position; those that are missing count
    ///     as not cast
    SelectionResolver(RowSelection selection, Schema schema, Map<Integer, ColumnType> casts) {
        this.selection = selection;
        this.model = selection.model();
        this.schema = schema;
        resolveLandingTime();
        resolveTenant();
        resolveColumns(casts);
        resolveKeys();
        resolveEvents();
        resolveFilters();
    }

    List<ResolvedColumn> columns() {
        return columns;
    }

    List<PropertyCondition> conditions() {
        return conditions;
    }

    List<ModelProblem> problems() {
        return problems;
    }

    private void resolveLandingTime() {
        String pointer = "/model/landing_time_column";
        required(model.landingTimeColumn(), pointer).ifPresent(column -> {
            try {
                LandingTime.of(column.name(), column.type());
            } catch (ExportException wrongType) {
                problems.add(new ModelProblem(pointer, wrongType));
            }
        });
    }

    private void resolveTenant() {
        schema.column(ResolvedSelection.TENANT_COLUMN)
                .filter(tenant -> !tenant.type().isInteger())
                .ifPresent(tenant -> problem(
                        "/model",
                        "BadTenantColumn",
                        "The column " + tenant.name() + " is of type " + tenant.type()
                                + ", so rows cannot be told apart by project.",
                        "Make it an integer column, or give it another name if it does not hold the project."));
    }

    private void resolveColumns(Map<Integer, ColumnType> casts) {
        if (model.columns().isEmpty()) {
            for (Schema.Column column : schema.columns().values()) {
                if (column.selectable()) {
                    columns.add(new ResolvedColumn(column.name(), column.name(), column.type()));
                }
            }
            return;
        }
        Set<String> names = new HashSet<>();
        for (int index = 0; index < model.columns().size(); index++) {
            Model.Column wanted = model.columns().get(index);
            String pointer = "/model/columns/" + index;
            if (!names.add(wanted.name())) {
                problem(
                        pointer,
                        "DuplicateColumn",
                        "The model " + model.name() + " names two columns " + wanted.name() + ".",
                        "Give each column a name of its own.");
            }
            Optional<Schema.Column> found = required(wanted.source(), pointer + "/source");
            if (found.isPresent()) {
                ColumnType type = found.get().type();
                ColumnType written = Objects.requireNonNullElse(casts.get(index), type);
                columns.add(new ResolvedColumn(wanted.name(), wanted.source(), type, written));
            }
        }
    }

    /// Keys are columns of the destination, where rows are merged by them.
    private void resolveKeys() {
        Map<String, ResolvedColumn> written = columns.stream()
                .collect(Collectors.toMap(ResolvedColumn::name, Function.identity(), (first, second) -> first));
        for (int index = 0; index < model.primaryKey().size(); index++) {
            resolveKey(model.primaryKey().get(index), "/model/primary_key/" + index, written);
        }
        if (model.versionKey() != null) {
            resolveKey(model.versionKey(), "/model/version_key", written);
        }
    }

    private void resolveKey(String key, String pointer, Map<String, ResolvedColumn> written) {
        ResolvedColumn column = written.get(key);
        if (column == null) {
            // A column that does not exist is told of once, where it is read.
            if (model.columns().stream().noneMatch(wanted -> wanted.name().equals(key))) {
                problem(
                        pointer,
                        "UnknownColumn",
                        "The key " + key + " of the model " + model.name() + " is none of the columns that it writes.",
                        "Name one of these: " + listed(written.keySet()) + ".");
            }
        } else if (column.type().isNullable()) {
            problem(
                    pointer,
                    "NullableKey",
                    "The key " + key + " of the model " + model.name() + " is of type " + column.type()
                            + ", and rows cannot be told apart by NULL.",
                    "Cast the column to a type that is not Nullable, or name another key.");
        }
    }

    private void resolveEvents() {
        boolean hasEvents = schema.column(ResolvedSelection.EVENT_COLUMN)
                .filter(event -> event.type().isString())
                .isPresent();
        if (hasEvents
                || (selection.includeEvents().isEmpty()
                        && selection.excludeEvents().isEmpty())) {
            return;
        }
        problem(
                selection.includeEvents().isEmpty() ? "/exclude_events" : "/include_events",
                "NoEventColumn",
                "The model " + model.name() + " has no text column " + ResolvedSelection.EVENT_COLUMN
                        + " to filter events by.",
                "Remove the included and excluded events from the export.");
    }

    private void resolveFilters() {
        for (int index = 0; index < selection.filters().size(); index++) {
            PropertyFilter filter = selection.filters().get(index);
            String name = propertiesColumn(filter.target());
            Optional<Schema.Column> column = schema.column(name);
            if (column.isPresent() && column.get().type().isString()) {
                conditions.add(new PropertyCondition(index, name, filter));
            } else {
                problem(
                        "/filters/" + index,
                        "NoPropertiesColumn",
                        "The model " + model.name() + " has no text column " + name + " to filter by "
                                + filter.target().word() + " properties.",
                        "Remove the filter from the export, or name the column so.");
            }
        }
    }

    private String propertiesColumn(PropertyFilter.Target target) {
        return switch (target) {
            case EVENT -> "properties";
            case PERSON -> {
                boolean eventsOfPersons = schema.column("person_properties").isPresent()
                        || schema.column(ResolvedSelection.EVENT_COLUMN).isPresent();
                yield eventsOfPersons ? "person_properties" : "properties";
            }
        };
    }

    private Optional<Schema.Column> required(String name, String pointer) {
        Optional<Schema.Column> found = schema.column(name);
        if (found.isEmpty()) {
            problem(
                    pointer,
                    "UnknownColumn",
                    "The model " + model.name() + " reads a column " + name + ", which does not exist.",
                    "Correct the model's columns. There are: "
                            + listed(schema.columns().keySet()) + ".");
        }
        return found;
    }

    private static String listed(Set<String> names) {
        return names.stream().limit(LISTED_COLUMNS).collect(Collectors.joining(", "));
    }

    private void problem(String pointer, String code, String sentence, String fix) {
        problems.add(new ModelProblem(pointer, ExportException.user(code, sentence, fix)));
    }
}
