package dev.batchexports.cli;

import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What an export has to be changed by to be as a document says. Fields that the document leaves out stay
/// as they are; what the model and the conditions of filters leave out takes its default. Stored secrets cannot be
/// read, so that a document's secrets are always part of the change,
/// and the server tells whether they differ.
///
/// @param changes what a person sees; never with a secret's value
/// @param patch the body of the request; empty when there is nothing to ask for
record Difference(List<Change> changes, ObjectNode patch) {
    /// @param path `destination.config.prefix`
    record Change(String path, String from, String to) {}

    /// Fields that only answers have.
    private static final Set<String> READ_ONLY = Set.of(
            "id",
            "project_id",
            "status",
            "pause_reason",
            "created_at",
            "last_updated_at",
            "last_paused_at",
            "latest_runs",
            "rows_late",
            "effects");

    private static final String SECRET = "(secret)";
    private static final String DESTINATION = "destination";
    private static final String CONFIG = "config";

    /// A document without the fields that only answers have.
    static ObjectNode writable(ObjectNode document) {
        return document.deepCopy().remove(READ_ONLY);
    }

    /// @param export as the server answered it
    /// @param document without the fields that only answers have
    static Difference between(JsonNode export, ObjectNode document, DestinationTypes types) {
        List<Change> changes = new ArrayList<>();
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, JsonNode> field : document.properties()) {
            JsonNode current = export.path(field.getKey());
            if (field.getKey().equals(DESTINATION) && field.getValue() instanceof ObjectNode wanted) {
                destination(current, wanted, types, changes, patch);
            } else if (!isSameField(current, field.getValue(), field.getKey())) {
                changes.add(new Change(field.getKey(), shown(current), shown(field.getValue())));
                patch.set(field.getKey(), field.getValue());
            }
        }
        return new Difference(List.copyOf(changes), patch);
    }

    /// What a new export is made of.
    static List<Change> ofNew(ObjectNode document, DestinationTypes types) {
        return between(JsonNodeFactory.instance.objectNode(), document, types).changes();
    }

    private static void destination(
            JsonNode current, ObjectNode wanted, DestinationTypes types, List<Change> changes, ObjectNode patch) {
        String present = current.path("type").asString("");
        String type = wanted.path("type").asString(present);
        Set<String> secrets = types.secrets(type);
        boolean sameType = type.equals(present);
        String path = DESTINATION + ".";
        ObjectNode changed = JsonNodeFactory.instance.objectNode();
        if (!sameType) {
            changes.add(new Change(path + "type", shown(current.path("type")), shown(wanted.path("type"))));
        }
        for (Map.Entry<String, JsonNode> field : wanted.properties()) {
            if (!field.getKey().equals("type") && !field.getKey().equals(CONFIG)) {
                changes.add(new Change(path + field.getKey(), "", shown(field.getValue())));
                patch.set(DESTINATION, wanted);
            }
        }
        JsonNode parameters = sameType ? current.path(CONFIG) : JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, JsonNode> parameter : wanted.path(CONFIG).properties()) {
            String name = parameter.getKey();
            JsonNode now = parameters.path(name);
            if (secrets.contains(name)) {
                if (!sameType) {
                    changes.add(new Change(path + CONFIG + "." + name, "", SECRET));
                }
                changed.set(name, parameter.getValue());
            } else if (!isSame(now, parameter.getValue(), name)) {
                changes.add(new Change(path + CONFIG + "." + name, shown(now), shown(parameter.getValue())));
                changed.set(name, parameter.getValue());
            }
        }
        if (!sameType) {
            patch.set(DESTINATION, wanted);
        } else if (!changed.isEmpty() && !patch.has(DESTINATION)) {
            patch.putObject(DESTINATION).put("type", type).set(CONFIG, changed);
        }
    }

    /// The server takes models and filters as wholes: what is left out inside of them takes its default.
    private static boolean isSameField(JsonNode current, JsonNode wanted, String name) {
        return switch (name) {
            case "model" -> isSameBothWays(WholeForm.model(current), WholeForm.model(wanted));
            case "filters" -> isSameBothWays(WholeForm.filters(current), WholeForm.filters(wanted));
            default -> isSame(current, wanted, name);
        };
    }

    private static boolean isSameBothWays(JsonNode one, JsonNode other) {
        return isSame(one, other, "") && isSame(other, one, "");
    }

    /// Whether a field of an answer is what a document wants it to be.
    private static boolean isSame(JsonNode current, JsonNode wanted, String name) {
        if (isNothing(wanted) || isNothing(current)) {
            boolean zeroOffset = name.startsWith("offset_") && wanted.isNumber() && wanted.asLong() == 0;
            return isNothing(current) && (isNothing(wanted) || zeroOffset);
        }
        if (wanted instanceof ObjectNode object && current.isObject()) {
            return object.properties().stream()
                    .allMatch(field -> isSame(current.path(field.getKey()), field.getValue(), field.getKey()));
        }
        if (wanted.isArray() && current.isArray()) {
            if (wanted.size() != current.size()) {
                return false;
            }
            for (int index = 0; index < wanted.size(); index++) {
                if (!isSame(current.get(index), wanted.get(index), "")) {
                    return false;
                }
            }
            return true;
        }
        if (wanted.isIntegralNumber() && current.isIntegralNumber()) {
            return wanted.asLong() == current.asLong();
        }
        return wanted.equals(current) || (name.endsWith("_at") && isSameTime(current, wanted));
    }

    private static boolean isNothing(JsonNode value) {
        return value.isNull() || value.isMissingNode() || (value.isContainer() && value.isEmpty());
    }

    private static boolean isSameTime(JsonNode current, JsonNode wanted) {
        try {
            return OffsetDateTime.parse(current.asString("")).isEqual(OffsetDateTime.parse(wanted.asString("")));
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() || value.isNull() ? "" : value.isString() ? value.stringValue() : value.toString();
    }
}
