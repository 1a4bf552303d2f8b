package dev.batchexports.server.request;

import dev.batchexports.core.secret.Secret;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Checks a JSON object against the record that it is going to be: unknown fields and wrong types, all of
/// them at once and each with its pointer. A field's name is its component's in snake_case.
public final class JsonFields {
    private static final String UNKNOWN = "is not a known field";
    private static final String UNSTORABLE_NAME = "has a field whose name " + RequestText.EXPECTED;
    private static final String NOT_AN_OBJECT = "must be a JSON object";

    private JsonFields() {}

    /// What of an object is well formed: fields that are unknown or of a wrong type are left out and
    /// reported; fields that are null are left out.
    public static ObjectNode wellFormed(
            JsonNode value, Class<? extends Record> type, String pointer, Violations violations) {
        ObjectNode clean = JsonNodeFactory.instance.objectNode();
        if (!(value instanceof ObjectNode object)) {
            violations.add(pointer, NOT_AN_OBJECT);
            return clean;
        }
        Map<String, Type> known = new LinkedHashMap<>();
        for (RecordComponent component : type.getRecordComponents()) {
            known.put(name(component), component.getGenericType());
        }
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!RequestText.isStorable(field.getKey())) {
                violations.add(pointer, UNSTORABLE_NAME);
                return clean;
            }
            String at = Violations.pointer(pointer, field.getKey());
            Type expected = known.get(field.getKey());
            if (expected == null) {
                violations.add(at, UNKNOWN);
            } else if (!field.getValue().isNull()) {
                JsonNode checked = check(field.getValue(), expected, at, violations);
                if (checked != null) {
                    clean.set(field.getKey(), checked);
                }
            }
        }
        return clean;
    }

    /// The JSON name of a record component.
    public static String name(RecordComponent component) {
        return component.getName().replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    /// Null when the value is wrong, which is reported.
    private static @Nullable JsonNode check(JsonNode value, Type expected, String pointer, Violations violations) {
        if (expected instanceof ParameterizedType generic && generic.getRawType() == List.class) {
            return checkList(value, generic.getActualTypeArguments()[0], pointer, violations);
        }
        if (expected instanceof Class<?> type && type.isRecord()) {
            return wellFormed(value, type.asSubclass(Record.class), pointer, violations);
        }
        if (expected == Instant.class && value.isString()) {
            Optional<Instant> time = RequestTime.parse(value.stringValue());
            if (time.isPresent()) {
                return JsonNodeFactory.instance.stringNode(time.get().toString());
            }
        }
        Optional<String> problem = problem(value, expected);
        problem.ifPresent(message -> violations.add(pointer, message));
        boolean storable = isStorable(value, pointer, violations);
        return problem.isEmpty() && storable ? value : null;
    }

    private static @Nullable JsonNode checkList(JsonNode value, Type element, String pointer, Violations violations) {
        if (!(value instanceof ArrayNode array)) {
            violations.add(pointer, "must be a list");
            return null;
        }
        ArrayNode clean = JsonNodeFactory.instance.arrayNode();
        for (int index = 0; index < array.size(); index++) {
            JsonNode checked =
                    check(array.get(index), element, Violations.pointer(pointer, Integer.toString(index)), violations);
            if (checked != null) {
                clean.add(checked);
            }
        }
        return clean;
    }

    private static Optional<String> problem(JsonNode value, Type expected) {
        boolean fits = true;
        String message = "";
        if (expected == String.class || expected == Secret.class) {
            fits = value.isString();
            message = "must be a string";
        } else if (expected == Boolean.class || expected == boolean.class) {
            fits = value.isBoolean();
            message = "must be true or false";
        } else if (expected == Integer.class || expected == int.class) {
            fits = value.isIntegralNumber() && value.canConvertToInt();
            message = "must be a whole number";
        } else if (expected == Long.class || expected == long.class) {
            fits = value.isIntegralNumber() && value.canConvertToLong();
            message = "must be a whole number";
        } else if (expected == Instant.class) {
            fits = false;
            message = RequestTime.EXPECTED;
        } else if (expected == UUID.class) {
            fits = value.isString() && isUuid(value.stringValue());
            message = "must be a UUID";
        } else if (expected instanceof ParameterizedType generic && generic.getRawType() == Map.class) {
            fits = value.isObject();
            message = NOT_AN_OBJECT;
        }
        return fits ? Optional.empty() : Optional.of(message);
    }

    private static boolean isUuid(String text) {
        return text.matches("(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    }

    private static boolean isStorable(JsonNode value, String pointer, Violations violations) {
        if (value.isString() && !RequestText.isStorable(value.stringValue())) {
            violations.add(pointer, RequestText.EXPECTED);
            return false;
        }
        boolean storable = true;
        for (int index = 0; value.isArray() && index < value.size(); index++) {
            storable &= isStorable(value.get(index), Violations.pointer(pointer, Integer.toString(index)), violations);
        }
        if (value instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> field : object.properties()) {
                if (!RequestText.isStorable(field.getKey())) {
                    violations.add(pointer, UNSTORABLE_NAME);
                    storable = false;
                } else {
                    storable &= isStorable(field.getValue(), Violations.pointer(pointer, field.getKey()), violations);
                }
            }
        }
        return storable;
    }
}
