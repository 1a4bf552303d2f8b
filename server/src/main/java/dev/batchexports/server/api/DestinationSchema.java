package dev.batchexports.server.api;

import com.github.victools.jsonschema.generator.CustomDefinition;
import com.github.victools.jsonschema.generator.FieldScope;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigPart;
import com.github.victools.jsonschema.generator.SchemaVersion;
import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.destination.Parameter;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.server.request.JsonFields;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// Describes the configuration of a destination type by a JSON Schema, from the record that it is: the
/// web form, the command line and outside programs are made from it.
final class DestinationSchema {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private DestinationSchema() {}

    static Map<String, Object> of(DestinationType<?> type) {
        SchemaGeneratorConfigBuilder builder = new SchemaGeneratorConfigBuilder(
                        JSON, SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
                .with(Option.FORBIDDEN_ADDITIONAL_PROPERTIES_BY_DEFAULT);
        builder.forTypesInGeneral()
                .withPropertySorter((_, _) -> 0) // as the record declares them
                .withCustomDefinitionProvider((declared, context) -> declared.getErasedType() == Secret.class
                        ? new CustomDefinition(
                                context.getGeneratorConfig().createObjectNode().put("type", "string"), true)
                        : null);
        SchemaGeneratorConfigPart<FieldScope> fields = builder.forFields()
                .withPropertyNameOverrideResolver(
                        field -> component(field).map(JsonFields::name).orElse(field.getName()))
                .withRequiredCheck(DestinationSchema::isRequired)
                .withTitleResolver(field -> text(field, Parameter::title))
                .withDescriptionResolver(field -> text(field, Parameter::description))
                .withEnumResolver(DestinationSchema::allowed)
                .withDefaultResolver(DestinationSchema::defaultValue)
                .withWriteOnlyCheck(DestinationSchema::isSecret)
                .withStringFormatResolver(field -> isSecret(field) ? "password" : null);
        fields.withInstanceAttributeOverride((attributes, field, context) -> {
            String example = text(field, Parameter::example);
            if (example != null) {
                attributes.putArray("examples").add(example);
            }
        });
        return JSON.convertValue(
                new SchemaGenerator(builder.build()).generateSchema(type.configurationType()),
                new TypeReference<Map<String, Object>>() {});
    }

    private static boolean isSecret(FieldScope field) {
        return field.getType().getErasedType() == Secret.class;
    }

    /// A parameter may be left out if it may be null or has a default.
    private static boolean isRequired(FieldScope field) {
        boolean nullable = field.getRawMember().getAnnotatedType().isAnnotationPresent(Nullable.class);
        return !nullable && text(field, Parameter::defaultValue) == null;
    }

    private static @Nullable List<String> allowed(FieldScope field) {
        Parameter parameter = field.getRawMember().getAnnotation(Parameter.class);
        return parameter == null || parameter.allowed().length == 0 ? null : List.of(parameter.allowed());
    }

    private static @Nullable Object defaultValue(FieldScope field) {
        String value = text(field, Parameter::defaultValue);
        if (value == null) {
            return null;
        }
        Class<?> type = field.getType().getErasedType();
        if (type == Boolean.class || type == boolean.class) {
            return Boolean.valueOf(value);
        }
        boolean number = Number.class.isAssignableFrom(type) || type == int.class || type == long.class;
        return number ? Long.valueOf(value) : value;
    }

    /// Null where the annotation says nothing.
    private static @Nullable String text(FieldScope field, Function<Parameter, String> attribute) {
        Parameter parameter = field.getRawMember().getAnnotation(Parameter.class);
        String text = parameter == null ? "" : attribute.apply(parameter);
        return text.isEmpty() ? null : text;
    }

    private static Optional<RecordComponent> component(FieldScope field) {
        for (RecordComponent component :
                field.getRawMember().getDeclaringClass().getRecordComponents()) {
            if (component.getName().equals(field.getDeclaredName())) {
                return Optional.of(component);
            }
        }
        return Optional.empty();
    }
}
