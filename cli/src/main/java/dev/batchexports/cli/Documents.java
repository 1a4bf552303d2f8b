package dev.batchexports.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// Batch exports as files hold them: YAML or JSON, one document or several, or a list of them.
///
/// In texts `${NAME}` stands for an environment variable, so that a file holds no secret; `$${` is a `${`
/// that is meant as it stands.
final class Documents {
    private static final Pattern PLACEHOLDER = Pattern.compile("(\\$)?\\$\\{([^}]*)}");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final String STANDARD_INPUT = "-";

    private final Map<String, String> environment;

    Documents(Map<String, String> environment) {
        this.environment = environment;
    }

    /// @param file a path, or `-` for standard input
    /// @throws CommandFailure saying where what is wrong
    List<ObjectNode> read(String file) {
        String name = file.equals(STANDARD_INPUT) ? "standard input" : file;
        List<ObjectNode> documents = parse(text(file), name);
        if (documents.isEmpty()) {
            throw new CommandFailure(name + " holds no batch export.");
        }
        return documents;
    }

    private List<ObjectNode> parse(String text, String name) {
        String start = text.stripLeading();
        ObjectMapper mapper = start.startsWith("{") || start.startsWith("[")
                ? JsonMapper.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build()
                : YAMLMapper.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build();
        List<ObjectNode> documents = new ArrayList<>();
        try (MappingIterator<JsonNode> values = mapper.readerFor(JsonNode.class).readValues(text)) {
            while (values.hasNextValue()) {
                JsonNode value = values.nextValue();
                if (value instanceof ArrayNode list) {
                    list.forEach(element -> add(element, name, documents));
                } else if (!value.isNull() && !value.isMissingNode()) {
                    add(value, name, documents);
                }
            }
        } catch (JacksonException e) {
            throw new CommandFailure(name + " is neither YAML nor JSON: "
                    + e.getOriginalMessage().lines().findFirst().orElse("")
                    + (e.getLocation() == null
                            ? ""
                            : " (line " + e.getLocation().getLineNr() + ", column "
                                    + e.getLocation().getColumnNr() + ")"));
        }
        return documents;
    }

    private void add(JsonNode value, String name, List<ObjectNode> documents) {
        String where = name + ", document " + (documents.size() + 1);
        if (!(value instanceof ObjectNode object)) {
            throw new CommandFailure(where + ", must be a batch export: fields and their values.");
        }
        if (resolved(object, where, "") instanceof ObjectNode document) {
            documents.add(document);
        }
    }

    private JsonNode resolved(JsonNode value, String where, String pointer) {
        if (value instanceof ObjectNode object) {
            ObjectNode copy = JsonNodeFactory.instance.objectNode();
            object.properties()
                    .forEach(field -> copy.set(
                            field.getKey(), resolved(field.getValue(), where, pointer + "/" + field.getKey())));
            return copy;
        }
        if (value instanceof ArrayNode list) {
            ArrayNode copy = JsonNodeFactory.instance.arrayNode();
            for (int index = 0; index < list.size(); index++) {
                copy.add(resolved(list.get(index), where, pointer + "/" + index));
            }
            return copy;
        }
        return value.isString()
                ? JsonNodeFactory.instance.stringNode(resolved(value.stringValue(), where + ", at " + pointer))
                : value;
    }

    /// A text with the values of the variables that it names.
    ///
    /// @param where what a failure begins with
    String resolved(String text, String where) {
        return PLACEHOLDER.matcher(text).replaceAll(match -> {
            if (match.group(1) != null) {
                return Matcher.quoteReplacement("${" + match.group(2) + "}");
            }
            String variable = match.group(2);
            if (!VARIABLE.matcher(variable).matches()) {
                throw new CommandFailure(where + ": ${" + variable
                        + "} must name an environment variable; write $${ for" + " a ${ that is meant as it stands.");
            }
            String value = environment.get(variable);
            if (value == null) {
                throw new CommandFailure(where + ": the environment variable " + variable + " is not set.");
            }
            return Matcher.quoteReplacement(value);
        });
    }

    private static String text(String file) {
        try {
            if (file.equals(STANDARD_INPUT)) {
                InputStream in = System.in;
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
            return Files.readString(Path.of(file));
        } catch (NoSuchFileException e) {
            throw new CommandFailure("There is no file " + file + ".");
        } catch (IOException e) {
            throw new CommandFailure(file + " cannot be read: " + e.getMessage());
        }
    }
}
