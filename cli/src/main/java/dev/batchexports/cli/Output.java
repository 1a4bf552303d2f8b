package dev.batchexports.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/// Prints results in the form that was asked for: readable, or as the API gave them.
final class Output {
    enum Form {
        TABLE,
        JSON,
        YAML
    }

    private final Form form;
    private final PrintWriter out;

    Output(Form form, PrintWriter out) {
        this.form = form;
        this.out = out;
    }

    boolean isReadable() {
        return form == Form.TABLE;
    }

    /// A sentence for a person; nothing for a program.
    void say(String sentence) {
        if (isReadable()) {
            out.println(sentence);
            out.flush();
        }
    }

    void list(List<Answer> items, String none, Supplier<Table> table) {
        if (!isReadable()) {
            ArrayNode array = new JsonMapper().createArrayNode();
            items.forEach(item -> array.add(item.json()));
            print(array);
        } else if (items.isEmpty()) {
            out.println(none);
        } else {
            table.get().print(out);
        }
        out.flush();
    }

    /// @param lines what a person reads; an empty value leaves its line out
    void object(Answer item, Supplier<Map<String, String>> lines) {
        if (isReadable()) {
            Map<String, String> shown = new LinkedHashMap<>(lines.get());
            shown.values().removeIf(String::isEmpty);
            int width = shown.keySet().stream().mapToInt(String::length).max().orElse(0);
            shown.forEach((name, value) -> out.println(name + " ".repeat(width - name.length() + 2) + value));
        } else {
            print(item.json());
        }
        out.flush();
    }

    /// A result that a sentence says to a person.
    void result(Answer item, String sentence) {
        if (isReadable()) {
            say(sentence);
        } else {
            print(item.json());
            out.flush();
        }
    }

    private void print(JsonNode json) {
        if (json.isContainer() && json.isEmpty()) {
            out.println(json);
            return;
        }
        out.println(
                switch (form) {
                    case YAML -> yaml(json);
                    case TABLE, JSON ->
                        JsonMapper.builder()
                                .enable(SerializationFeature.INDENT_OUTPUT)
                                .build()
                                .writeValueAsString(json);
                });
    }

    private static String yaml(JsonNode json) {
        return YAMLMapper.builder()
                .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                .build()
                .writeValueAsString(json)
                .stripTrailing();
    }
}
