package dev.batchexports.source.clickhouse;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A statement and the values of its typed parameters. Values never become SQL text.
///
/// @param parameters values by name, in the text form that ClickHouse parses for the parameter's type
record Statement(String sql, Map<String, String> parameters) {
    /// Half of what a server takes as one field of a form, by its default `http_max_field_value_size`.
    private static final int LONGEST_LIST = 64 << 10;

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

        /// Adds `(expression IN list)`, over as many parameters as a server takes the list in.
        ///
        /// @param expression SQL
        Builder addInTexts(String expression, String name, List<String> values) {
            return addIn(
                    expression,
                    name,
                    "Array(String)",
                    values.stream().map(Builder::quoted).toList());
        }

        Builder addInIntegers(String expression, String name, List<Long> values) {
            return addIn(
                    expression,
                    name,
                    "Array(Int64)",
                    values.stream().map(Object::toString).toList());
        }

        Builder addInNumbers(String expression, String name, List<Double> values) {
            return addIn(
                    expression,
                    name,
                    "Array(Float64)",
                    values.stream().map(Object::toString).toList());
        }

        private Builder addIn(String expression, String name, String type, List<String> values) {
            List<List<String>> parts = parts(values);
            sql.append('(');
            for (int index = 0; index < parts.size(); index++) {
                add(index == 0 ? "" : " OR ");
                add(expression + " IN ");
                addParameter(
                        parts.size() == 1 ? name : name + "_" + index,
                        type,
                        "[" + String.join(",", parts.get(index)) + "]");
            }
            sql.append(')');
            return this;
        }

        /// At least one part, which is empty for an empty list.
        private static List<List<String>> parts(List<String> values) {
            List<List<String>> parts = new ArrayList<>();
            List<String> part = new ArrayList<>();
            int length = 0;
            for (String value : values) {
                int bytes = value.getBytes(StandardCharsets.UTF_8).length + 1;
                if (length + bytes > LONGEST_LIST && !part.isEmpty()) {
                    parts.add(part);
                    part = new ArrayList<>();
                    length = 0;
                }
                part.add(value);
                length += bytes;
            }
            parts.add(part);
            return parts;
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
            sql.append(bind(name, type, value));
            return this;
        }

        /// Binds a parameter.
        ///
        /// @return what stands for its value in an expression, which may do so more than once
        String bindInteger(String name, long value) {
            return bind(name, "Int64", Long.toString(value));
        }

        String bindText(String name, String value) {
            return bind(name, "String", escaped(value));
        }

        private String bind(String name, String type, String value) {
            String former = parameters.putIfAbsent(name, value);
            if (former != null && !former.equals(value)) {
                throw new IllegalStateException("parameter " + name + " is bound twice");
            }
            return "{" + name + ":" + type + "}";
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
