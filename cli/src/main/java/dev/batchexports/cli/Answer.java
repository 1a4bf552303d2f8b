package dev.batchexports.cli;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/// An object of the API, read field by field. A field that is absent reads like one that is null.
record Answer(JsonNode json) {
    /// Empty when there is none.
    String text(String field) {
        return json.path(field).asString("");
    }

    long number(String field) {
        return json.path(field).asLong(0);
    }

    OptionalLong count(String field) {
        JsonNode value = json.path(field);
        return value.isNumber() ? OptionalLong.of(value.asLong()) : OptionalLong.empty();
    }

    boolean isTrue(String field) {
        return json.path(field).asBoolean(false);
    }

    Optional<Instant> time(String field) {
        String text = text(field);
        return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
    }

    Optional<Answer> object(String field) {
        JsonNode value = json.path(field);
        return value.isObject() ? Optional.of(new Answer(value)) : Optional.empty();
    }

    List<Answer> list(String field) {
        return json.path(field).valueStream().map(Answer::new).toList();
    }

    String id() {
        return text("id");
    }
}
