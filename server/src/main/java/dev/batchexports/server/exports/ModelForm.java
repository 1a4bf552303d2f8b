package dev.batchexports.server.exports;

import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.Violations;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The form that a model has in requests and answers: the name of a built-in model, or an object that
/// names a table or holds a query.
public final class ModelForm {
    private static final Map<String, Model> BUILT_IN = builtIn();
    private static final String EXPECTED = "must be " + String.join(", ", BUILT_IN.keySet())
            + ", or an object with \"table\" or \"query\" and a \"landing_time_column\"";
    private static final int NAME_LENGTH = 255;
    private static final int TYPE_LENGTH = 1_000;
    private static final int QUERY_LENGTH = 100_000;
    private static final int COLUMNS = 2_000;

    /// The object form, as JSON holds it.
    private record Custom(
            @Nullable String name,
            @Nullable String table,
            @Nullable String query,
            @Nullable String landingTimeColumn,
            @Nullable List<JsonNode> columns,
            @Nullable List<String> primaryKey,
            @Nullable String versionKey) {}

    private record CustomColumn(
            @Nullable String name,
            @Nullable String source,
            @Nullable String type) {}

    private ModelForm() {}

    private static Map<String, Model> builtIn() {
        Map<String, Model> models = new LinkedHashMap<>();
        Model.builtIn().forEach(model -> models.put(model.name(), model));
        return models;
    }

    /// Reads a model.
    ///
    /// @return null when it is wrong, which is reported
    static @Nullable Model read(@Nullable JsonNode value, String pointer, Violations violations) {
        if (value == null) {
            violations.add(pointer, "is required: it " + EXPECTED);
            return null;
        }
        Model builtIn = value.isString() ? BUILT_IN.get(value.stringValue()) : null;
        if (builtIn != null) {
            return builtIn;
        }
        if (!value.isObject()) {
            violations.add(pointer, EXPECTED);
            return null;
        }
        ObjectNode form = JsonFields.wellFormed(value, Custom.class, pointer, violations);
        String table = text(form, "table");
        String query = text(form, "query");
        violations.require(
                (table == null) != (query == null) || isFlagged(pointer, violations, "table", "query"),
                pointer,
                "needs either \"table\" or \"query\"");
        checkLength(table, NAME_LENGTH, Violations.pointer(pointer, "table"), violations);
        checkLength(query, QUERY_LENGTH, Violations.pointer(pointer, "query"), violations);
        String name = text(form, "name");
        checkLength(name, NAME_LENGTH, Violations.pointer(pointer, "name"), violations);
        String landingTime = text(form, "landing_time_column");
        checkLength(landingTime, NAME_LENGTH, Violations.pointer(pointer, "landing_time_column"), violations);
        List<Model.Column> columns = columns(form, Violations.pointer(pointer, "columns"), violations);
        List<String> primaryKey = primaryKey(form, Violations.pointer(pointer, "primary_key"), violations);
        String versionKey = text(form, "version_key");
        checkLength(versionKey, NAME_LENGTH, Violations.pointer(pointer, "version_key"), violations);
        violations.require(
                versionKey == null || !primaryKey.isEmpty(),
                Violations.pointer(pointer, "version_key"),
                "needs a \"primary_key\": the greater version wins among rows that share it");
        if (violations.isFlaggedWithin(pointer)) {
            return null;
        }
        return new Model(
                name != null ? name : defaultName(table),
                table != null ? new Relation.Table(table) : new Relation.Query(Objects.requireNonNull(query)),
                landingTime != null ? landingTime : Model.DEFAULT_LANDING_TIME_COLUMN,
                columns,
                primaryKey,
                versionKey);
    }

    /// The form in which a model stands in an answer: a string or an object.
    public static Object describe(Model model) {
        if (model.equals(BUILT_IN.get(model.name()))) {
            return model.name();
        }
        Map<String, @Nullable Object> form = new LinkedHashMap<>();
        form.put("name", model.name());
        switch (model.relation()) {
            case Relation.Table(String table) -> form.put("table", table);
            case Relation.Query(String query) -> form.put("query", query);
        }
        form.put("landing_time_column", model.landingTimeColumn());
        form.put(
                "columns",
                model.columns().stream().map(ModelForm::describeColumn).toList());
        form.put("primary_key", model.primaryKey());
        form.put("version_key", model.versionKey());
        return form;
    }

    private static Object describeColumn(Model.Column column) {
        if (column.type() != null) {
            return Map.of("name", column.name(), "source", column.source(), "type", column.type());
        }
        return column.name().equals(column.source())
                ? column.name()
                : Map.of("name", column.name(), "source", column.source());
    }

    private static List<Model.Column> columns(ObjectNode form, String pointer, Violations violations) {
        List<Model.Column> columns = new ArrayList<>();
        Set<String> names = new HashSet<>();
        JsonNode given = form.path("columns");
        violations.require(given.size() <= COLUMNS, pointer, "must not be more than " + COLUMNS + " columns");
        for (int index = 0; index < given.size(); index++) {
            String at = Violations.pointer(pointer, Integer.toString(index));
            Model.Column column = column(given.get(index), at, violations);
            if (column != null) {
                violations.require(names.add(column.name()), at, "has the name of an earlier column");
                columns.add(column);
            }
        }
        return columns;
    }

    private static Model.@Nullable Column column(JsonNode value, String pointer, Violations violations) {
        String name;
        String source;
        String type = null;
        if (value.isString()) {
            name = value.stringValue();
            source = name;
        } else if (value.isObject()) {
            ObjectNode form = JsonFields.wellFormed(value, CustomColumn.class, pointer, violations);
            name = text(form, "name");
            source = form.has("source") ? text(form, "source") : name;
            type = text(form, "type");
        } else {
            violations.add(pointer, "must be a column's name, or an object with \"name\", \"source\" and \"type\"");
            return null;
        }
        if (name == null || name.isBlank() || source == null || source.isBlank()) {
            violations.add(pointer, "needs a name");
            return null;
        }
        checkLength(name, NAME_LENGTH, pointer, violations);
        checkLength(source, NAME_LENGTH, pointer, violations);
        checkLength(type, TYPE_LENGTH, Violations.pointer(pointer, "type"), violations);
        return type != null && type.isBlank() ? null : new Model.Column(name, source, type);
    }

    private static List<String> primaryKey(ObjectNode form, String pointer, Violations violations) {
        List<String> key = new ArrayList<>();
        JsonNode given = form.path("primary_key");
        violations.require(given.size() <= COLUMNS, pointer, "must not be more than " + COLUMNS + " columns");
        for (int index = 0; index < given.size(); index++) {
            String column = given.get(index).stringValue();
            checkLength(column, NAME_LENGTH, Violations.pointer(pointer, Integer.toString(index)), violations);
            key.add(column);
        }
        return key;
    }

    private static boolean isFlagged(String pointer, Violations violations, String... fields) {
        for (String field : fields) {
            if (violations.isFlagged(Violations.pointer(pointer, field))) {
                return true;
            }
        }
        return false;
    }

    private static void checkLength(@Nullable String text, int length, String pointer, Violations violations) {
        violations.require(
                text == null || (!text.isBlank() && text.length() <= length),
                pointer,
                "must not be blank nor longer than " + length + " characters");
    }

    private static @Nullable String text(ObjectNode form, String field) {
        JsonNode value = form.get(field);
        return value == null ? null : value.stringValue();
    }

    private static String defaultName(@Nullable String table) {
        return table == null ? "query" : table.substring(table.lastIndexOf('.') + 1);
    }
}
