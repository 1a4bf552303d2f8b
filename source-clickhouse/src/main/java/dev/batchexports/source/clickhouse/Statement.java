package dev.batchexports.source.clickhouse;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A statement and the values of its typed parameters. Values never become SQL text.
///
/// @param parameters values by name, in the text form that ClickHouse parses for the parameter's type
record Statement(String sql, Map<String, String> parameters) {
    Statement {
        parameters = Map.copyOf(parameters);
    }

    /// Puts a statement together. Used by one thread.
    static final class Builder {
        private final StringBuilder sql = new StringBuilder();
        private final Map<String, String> parameters = new LinkedHashMap<>();

        /// @param text SQL that holds no value and no unquoted name from outside
        Builder add(String text) {
            sql.append(text);
            return this;
        }

        Builder addInteger(String name, long value) {
            return addParameter(name, "Int64", Long.toString(value));
        }

        Builder addText(String name, String value) {
            return addParameter(name, "String", escaped(value));
        }

        Builder addTexts(String name, List<String> values) {
            return addParameter(
                    name,
                    "Array(String)",
                    values.stream().map(Builder::quoted).collect(Collectors.joining(",", "[", "]")));
        }

        Builder addIntegers(String name, List<Long> values) {
            return addParameter(
                    name,
                    "Array(Int64)",
                    values.stream().map(Object::toString).collect(Collectors.joining(",", "[", "]")));
        }

        /// @param type a ClickHouse type
        /// @param value as ClickHouse parses it for the type, in its TabSeparated escaping
        Builder addParameter(String name, String type, String value) {
            String former = parameters.putIfAbsent(name, value);
            if (former != null && !former.equals(value)) {
                throw new IllegalStateException("parameter " + name + " is bound twice");
            }
            sql.append('{').append(name).append(':').append(type).append('}');
            return this;
        }

        Statement build() {
            return new Statement(sql.toString(), parameters);
        }

        /// ClickHouse reads the value of a parameter as a field of TabSeparated.
        private static String escaped(String value) {
            StringBuilder escaped = new StringBuilder(value.length());
            for (int index = 0; index < value.length(); index++) {
                char character = value.charAt(index);
                switch (character) {
                    case '\\' -> escaped.append("\\\\");
                    case '\t' -> escaped.append("\\t");
                    case '\n' -> escaped.append("\\n");
                    case '\r' -> escaped.append("\\r");
                    case '\0' -> escaped.append("\\0");
                    default -> escaped.append(character);
                }
            }
            return escaped.toString();
        }

        /// A text inside an array.
        private static String quoted(String value) {
            return "'" + escaped(value).replace("'", "\\'") + "'";
        }
    }
}
