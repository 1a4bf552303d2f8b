package dev.batchexports.core.source;

import java.util.List;
import java.util.Locale;

/// A condition on a property: a member of the JSON object that a text column of each row holds.
///
/// A property is *set* when the text is a JSON object with this member and the member is not null. Its
/// text is the string itself, and of everything else the JSON. A row whose property is not set passes the
/// negative operators, and none of the others.
///
/// @param target whose property it is
/// @param key one member of the object, to the letter: a dot in it is part of its name
/// @param values one for most operators, one or more for [Operator#EXACT] and [Operator#IS_NOT], none for
///     [Operator#IS_SET] and [Operator#IS_NOT_SET]
public record PropertyFilter(Target target, String key, Operator operator, List<Value> values) {
    /// Whose property it is, and thereby which column holds it.
    public enum Target {
        /// In the column `properties`.
        EVENT,
        /// In the column `person_properties`, or in `properties` where rows are no events.
        PERSON;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// How a property is compared.
    public enum Operator {
        EXACT,
        IS_NOT,
        ICONTAINS,
        NOT_ICONTAINS,
        REGEX,
        NOT_REGEX,
        IS_SET,
        IS_NOT_SET,
        GT,
        GTE,
        LT,
        LTE;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// What a property is compared with.
    public sealed interface Value {
        /// As it compares with the text of a property.
        String text();

        record Text(String text) implements Value {}

        /// @param text the number in plain decimal digits
        record Numeric(String text) implements Value {
            public Numeric {
                if (!Double.isFinite(Double.parseDouble(text))) {
                    throw new IllegalArgumentException("not a finite number: " + text);
                }
            }
        }

        record Truth(boolean value) implements Value {
            @Override
            public String text() {
                return Boolean.toString(value);
            }
        }
    }

    public PropertyFilter {
        values = List.copyOf(values);
        boolean fits = switch (operator) {
            case EXACT, IS_NOT -> !values.isEmpty();
            case IS_SET, IS_NOT_SET -> values.isEmpty();
            case ICONTAINS, NOT_ICONTAINS, REGEX, NOT_REGEX -> values.size() == 1;
            case GT, GTE, LT, LTE -> values.size() == 1 && values.getFirst() instanceof Value.Numeric;
        };
        if (key.isEmpty() || !fits) {
            throw new IllegalArgumentException("not a filter: " + operator + " with " + values.size() + " values");
        }
    }
}
