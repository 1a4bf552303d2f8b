package dev.batchexports.cli;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// What the server's destination types take: which parameters are secret, and of what type they are.
final class DestinationTypes {
    private final Map<String, Answer> types = new HashMap<>();

    DestinationTypes(Api api) {
        this(api.get("/api/destination_types/").json());
    }

    /// @param answer the server's list
    DestinationTypes(JsonNode answer) {
        answer.valueStream().map(Answer::new).forEach(type -> types.put(type.text("type"), type));
    }

    /// Empty for an unknown type.
    Set<String> secrets(String type) {
        Set<String> names = new HashSet<>();
        Answer known = types.get(type);
        if (known != null) {
            known.json().path("secret_fields").forEach(name -> names.add(name.asString("")));
        }
        return names;
    }

    /// A value from the command line as the parameter takes it. What does not fit stays a text, for the server
    /// to refuse.
    JsonNode value(String type, String parameter, String text) {
        Answer known = types.get(type);
        JsonNode declared = known == null
                ? JsonNodeFactory.instance.missingNode()
                : known.json()
                        .path("config_schema")
                        .path("properties")
                        .path(parameter)
                        .path("type");
        String name = declared.isArray() ? declared.path(0).asString("") : declared.asString("");
        if (name.equals("boolean") && (text.equals("true") || text.equals("false"))) {
            return JsonNodeFactory.instance.booleanNode(text.equals("true"));
        }
        if (name.equals("integer") && text.matches("-?\\d{1,18}")) {
            return JsonNodeFactory.instance.numberNode(Long.parseLong(text));
        }
        return JsonNodeFactory.instance.stringNode(text);
    }
}
