package dev.batchexports.server.api;

import dev.batchexports.server.request.JsonFields;
import io.swagger.v3.oas.models.media.Schema;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Brings the schemas that springdoc derives from records into line with the JSON that the records become:
/// names in snake_case, and `@Nullable` fields that may be null.
@SuppressWarnings({"rawtypes", "unchecked"}) // swagger-core uses its Schema without a type
final class RecordSchema {
    private RecordSchema() {}

    /// Of an answer every field is always there.
    static void describeAnswer(Map<String, Schema> schemas, Class<? extends Record> type) {
        Schema<?> schema = named(schemas, type);
        List<String> required = new ArrayList<>();
        for (RecordComponent component : rename(schema, type)) {
            required.add(JsonFields.name(component));
            if (component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                allowNull(schema, JsonFields.name(component));
            }
        }
        schema.required(required);
    }

    /// Of a request every field may be null, as if it were left out, except for those that are required; no
    /// other is allowed.
    static void describeForm(Map<String, Schema> schemas, Class<? extends Record> type) {
        Schema<?> schema = named(schemas, type);
        Set<String> required = schema.getRequired() == null ? Set.of() : new LinkedHashSet<>(schema.getRequired());
        List<String> renamed = new ArrayList<>();
        for (RecordComponent component : rename(schema, type)) {
            String name = JsonFields.name(component);
            if (required.contains(component.getName())) {
                renamed.add(name);
            } else {
                allowNull(schema, name);
            }
        }
        schema.required(renamed.isEmpty() ? null : renamed);
        schema.additionalProperties(false);
    }

    /// A copy of a form of which every field may be left out or null, and a destination may be partial.
    static Schema<?> relaxed(Map<String, Schema> schemas, String name) {
        Schema<?> strict = Objects.requireNonNull(schemas.get(name));
        Schema<?> relaxed = new Schema<>().types(Set.of("object")).description(strict.getDescription());
        strict.getProperties().forEach(relaxed::addProperty);
        relaxed.addProperty(
                "destination",
                new Schema<>()
                        .types(new LinkedHashSet<>(List.of("object", "null")))
                        .description("Parameters that are absent are kept, secrets included.")
                        .addProperty("type", new Schema<>().types(Set.of("string")))
                        .addProperty("config", new Schema<>().types(Set.of("object")))
                        .additionalProperties(false));
        relaxed.additionalProperties(false);
        return relaxed;
    }

    static void allowNull(Schema<?> schema, String property) {
        Schema<?> value = Objects.requireNonNull(schema.getProperties().get(property));
        if (value.get$ref() != null) {
            Schema<?> reference = new Schema<>().$ref(value.get$ref());
            Schema<?> nothing = new Schema<>().types(Set.of("null"));
            schema.addProperty(property, new Schema<>().anyOf(List.of(reference, nothing)));
            return;
        }
        Set<String> types = new LinkedHashSet<>();
        if (value.getTypes() != null) {
            types.addAll(value.getTypes());
        } else if (value.getType() != null) {
            types.add(value.getType());
        }
        if (!types.isEmpty()) {
            types.add("null");
            value.types(types);
        }
        if (value.getEnum() != null) {
            List<@Nullable Object> words = new ArrayList<>(value.getEnum());
            words.add(null);
            ((Schema) value).setEnum(words);
        }
    }

    private static RecordComponent[] rename(Schema<?> schema, Class<? extends Record> type) {
        Map<String, Schema> renamed = new LinkedHashMap<>();
        for (RecordComponent component : type.getRecordComponents()) {
            renamed.put(JsonFields.name(component), schema.getProperties().get(component.getName()));
        }
        schema.properties(renamed);
        return type.getRecordComponents();
    }

    private static Schema<?> named(Map<String, Schema> schemas, Class<? extends Record> type) {
        String name = type.getAnnotation(io.swagger.v3.oas.annotations.media.Schema.class)
                .name();
        Schema<?> schema = schemas.get(name);
        if (schema == null) {
            throw new IllegalStateException("no route has the schema " + name);
        }
        return schema;
    }
}
