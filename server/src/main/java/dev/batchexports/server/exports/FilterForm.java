package dev.batchexports.server.exports;

import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.PropertyFilter.Operator;
import dev.batchexports.core.source.PropertyFilter.Target;
import dev.batchexports.core.source.PropertyFilter.Value;
import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.RequestText;
import dev.batchexports.server.request.Violations;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The form that a property filter has in requests, answers and the database:
/// `{"key": "plan", "operator": "exact", "value": ["free", "growth"], "type": "person"}`.
public final class FilterForm {
    private static final int FILTERS = 100;
    private static final int VALUES = 1_000;
    private static final int LENGTH = 400;
    private static final int EXPRESSION_LENGTH = 1_000;

    private record Form(
            @Nullable String key,
            @Nullable JsonNode value,
            @Nullable String operator,
            @Nullable String type) {}

    private FilterForm() {}

    /// Reads filters.
    ///
    /// @return those that are right; what is wrong is reported
    static List<PropertyFilter> read(List<JsonNode> forms, String pointer, Violations violations) {
        violations.require(forms.size() <= FILTERS, pointer, "must not be more than " + FILTERS + " filters");
        List<PropertyFilter> filters = new ArrayList<>();
        for (int index = 0; index < forms.size() && index < FILTERS; index++) {
            PropertyFilter filter =
                    readOne(forms.get(index), Violations.pointer(pointer, Integer.toString(index)), violations);
            if (filter != null) {
                filters.add(filter);
            }
        }
        return filters;
    }

    private static @Nullable PropertyFilter readOne(JsonNode value, String pointer, Violations violations) {
        ObjectNode form = JsonFields.wellFormed(value, Form.class, pointer, violations);
        String key = form.path("key").asString("");
        violations.require(
                !key.isEmpty() && key.length() <= LENGTH,
                Violations.pointer(pointer, "key"),
                "is required: the name of a property, of at most " + LENGTH + " characters");
        Optional<Operator> operator =
                word(form.path("operator").asString(Operator.EXACT.word()), Operator.values(), Operator::word);
        violations.require(
                operator.isPresent(),
                Violations.pointer(pointer, "operator"),
                "must be one of " + words(Operator.values(), Operator::word));
        Optional<Target> target = word(form.path("type").asString(Target.EVENT.word()), Target.values(), Target::word);
        violations.require(
                target.isPresent(),
                Violations.pointer(pointer, "type"),
                "must be one of " + words(Target.values(), Target::word));
        List<Value> values = operator.map(
                        known -> values(known, form.path("value"), Violations.pointer(pointer, "value"), violations))
                .orElse(List.of());
        if (violations.isFlaggedWithin(pointer)) {
            return null;
        }
        return new PropertyFilter(target.orElseThrow(), key, operator.orElseThrow(), values);
    }

    private static List<Value> values(Operator operator, JsonNode given, String pointer, Violations violations) {
        return switch (operator) {
            // Whatever stands there means nothing, as in PostHog, which writes "is_set" there.
            case IS_SET, IS_NOT_SET -> List.of();
            case EXACT, IS_NOT -> anyOf(given, pointer, violations);
            case ICONTAINS, NOT_ICONTAINS -> one(given, LENGTH, pointer, violations);
            case REGEX, NOT_REGEX -> one(given, EXPRESSION_LENGTH, pointer, violations);
            case GT, GTE, LT, LTE -> number(given, pointer, violations);
        };
    }

    private static List<Value> anyOf(JsonNode given, String pointer, Violations violations) {
        if (!given.isArray()) {
            return value(given, LENGTH, pointer, violations).stream().toList();
        }
        violations.require(
                !given.isEmpty() && given.size() <= VALUES,
                pointer,
                "must be a value, or a list of 1 to " + VALUES + " values");
        List<Value> values = new ArrayList<>();
        for (int index = 0; index < given.size() && index < VALUES; index++) {
            value(given.get(index), LENGTH, Violations.pointer(pointer, Integer.toString(index)), violations)
                    .ifPresent(values::add);
        }
        return values;
    }

    private static List<Value> one(JsonNode given, int length, String pointer, Violations violations) {
        Optional<Value> value = value(given, length, pointer, violations);
        violations.require(
                value.isEmpty() || !value.get().text().isEmpty(), pointer, "must not be empty for this operator");
        return value.stream().toList();
    }

    private static List<Value> number(JsonNode given, String pointer, Violations violations) {
        Optional<Value> number = given.isNumber()
                ? numeric(given.decimalValue())
                : given.isString() ? parsed(given.stringValue()) : Optional.empty();
        violations.require(number.isPresent(), pointer, "must be a number for this operator");
        return number.stream().toList();
    }

    private static Optional<Value> parsed(String text) {
        try {
            return numeric(new BigDecimal(text.strip()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /// Empty for what is no finite double; 1e300 becomes its digits, and 1e1000000 does not.
    private static Optional<Value> numeric(BigDecimal number) {
        if (!Double.isFinite(number.doubleValue()) || Math.abs((long) number.scale()) > LENGTH) {
            return Optional.empty();
        }
        BigDecimal shortest = number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
        return Optional.of(new Value.Numeric(shortest.toPlainString()));
    }

    private static Optional<Value> value(JsonNode given, int length, String pointer, Violations violations) {
        Optional<Value> value = Optional.empty();
        if (given.isString() && RequestText.isStorable(given.stringValue())) {
            value = Optional.of(new Value.Text(given.stringValue()));
        } else if (given.isNumber()) {
            value = numeric(given.decimalValue());
        } else if (given.isBoolean()) {
            value = Optional.of(new Value.Truth(given.booleanValue()));
        }
        violations.require(value.isPresent(), pointer, "must be a string, a number, true or false");
        violations.require(
                value.isEmpty() || value.get().text().length() <= length,
                pointer,
                "must not be longer than " + length + " characters");
        return value;
    }

    /// The form in which filters stand in an answer. A list of one value is that value.
    public static List<Map<String, Object>> describe(List<PropertyFilter> filters) {
        return filters.stream().map(FilterForm::describe).toList();
    }

    private static Map<String, Object> describe(PropertyFilter filter) {
        Map<String, Object> form = new LinkedHashMap<>();
        form.put("key", filter.key());
        List<Object> values = filter.values().stream().map(FilterForm::describe).toList();
        if (!values.isEmpty()) {
            form.put("value", values.size() == 1 ? values.getFirst() : values);
        }
        form.put("operator", filter.operator().word());
        form.put("type", filter.target().word());
        return form;
    }

    private static Object describe(Value value) {
        return switch (value) {
            case Value.Text(String text) -> text;
            case Value.Numeric(String text) -> new BigDecimal(text);
            case Value.Truth(boolean truth) -> truth;
        };
    }

    private static <T> Optional<T> word(String given, T[] known, Function<T, String> word) {
        return Arrays.stream(known)
                .filter(one -> Objects.equals(word.apply(one), given))
                .findFirst();
    }

    private static <T> String words(T[] known, Function<T, String> word) {
        return Arrays.stream(known).map(word).collect(Collectors.joining(", "));
    }
}
