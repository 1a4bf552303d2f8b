package dev.batchexports.cli;

import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Models and filters with the server's defaults filled in, so that two of them can be compared.
final class WholeForm {
    private static final Set<String> WITHOUT_VALUE = Set.of("is_set", "is_not_set");
    private static final String VALUE = "value";
    private static final String COLUMNS = "columns";

    private WholeForm() {}

    static JsonNode model(JsonNode value) {
        if (!(value instanceof ObjectNode object)) {
            return value;
        }
        String table = object.path("table").asString("");
        String name = table.isEmpty() ? "query" : table.substring(table.lastIndexOf('.') + 1);
        ObjectNode form = withDefaults(object, Map.of("name", name, "landing_time_column", "inserted_at"));
        if (form.get(COLUMNS) instanceof ArrayNode columns) {
            ArrayNode complete = form.putArray(COLUMNS);
            columns.forEach(column -> complete.add(column(column)));
        }
        return form;
    }

    private static JsonNode column(JsonNode value) {
        ObjectNode form = JsonNodeFactory.instance.objectNode();
        if (value instanceof ObjectNode object) {
            form = object;
        } else {
            form.set("name", value);
        }
        return withDefaults(form, Map.of("source", form.path("name").asString("")));
    }

    static JsonNode filters(JsonNode value) {
        if (!(value instanceof ArrayNode array)) {
            return value;
        }
        ArrayNode complete = JsonNodeFactory.instance.arrayNode();
        array.forEach(filter -> complete.add(filter instanceof ObjectNode object ? filter(object) : filter));
        return complete;
    }

    /// A list of one value is that value; operators that need none ignore it.
    private static ObjectNode filter(ObjectNode object) {
        ObjectNode form = withDefaults(object, Map.of("operator", "exact", "type", "event"));
        if (WITHOUT_VALUE.contains(form.path("operator").asString(""))) {
            form.remove(VALUE);
        } else if (form.path(VALUE).isArray() && form.path(VALUE).size() == 1) {
            form.set(VALUE, form.path(VALUE).get(0));
        }
        return form;
    }

    private static ObjectNode withDefaults(ObjectNode object, Map<String, String> defaults) {
        ObjectNode form = JsonNodeFactory.instance.objectNode();
        defaults.forEach(form::put);
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!field.getValue().isNull()) {
                form.set(field.getKey(), field.getValue());
            }
        }
        return form;
    }
}
