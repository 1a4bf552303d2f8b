package dev.batchexports.source.clickhouse;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A value as readers of Parquet take it, at every depth of arrays, maps and tuples.
///
/// | ClickHouse | written as | because |
/// |---|---|---|
/// | text with bytes that are not UTF-8 | each becomes U+FFFD | readers refuse the whole file |
/// | UUID, enums, IP addresses, integers beyond 64 bits | text | readers do not know them |
/// | DateTime, Date | DateTime64, Date32 | older versions write bare numbers, newer ones where a profile says so |
/// | variants | JSON text | Parquet has no such type |
///
/// Everything else stays as it is: FixedString, which is bytes; JSON, which ClickHouse itself keeps valid; and, at
/// any depth, a tuple that may be NULL as a whole, an experiment of ClickHouse's.
///
/// @param sql the value
/// @param type of the value, without `LowCardinality`, which not every type may have in a cast
record ParquetValue(String sql, String type) {
    private static final Pattern NAMED = Pattern.compile("(`(?:[^`\\\\]|\\\\.)*`|\\w+) (.+)", Pattern.DOTALL);

    static ParquetValue of(ResolvedColumn column) {
        return of(column.quoted(), column.type(), 1);
    }

    private static ParquetValue of(String sql, ColumnType type, int depth) {
        return switch (type.name()) {
            case "String" -> scalar("toValidUTF8(" + sql + ")", "String", type);
            case "UUID", "IPv4", "IPv6", "Enum8", "Enum16", "Int128", "UInt128", "Int256", "UInt256" ->
                scalar("toString(" + sql + ")", "String", type);
            case "Date" -> scalar("toDate32(" + sql + ")", "Date32", type);
            case "DateTime" -> scalar("toDateTime64(" + sql + ", 3, 'UTC')", "DateTime64(3, 'UTC')", type);
            case "Variant", "Dynamic" -> new ParquetValue("toValidUTF8(toJSONString(" + sql + "))", "Nullable(String)");
            case "SimpleAggregateFunction" ->
                of(sql, ColumnType.of(type.arguments().getLast()), depth);
            case "Array" -> array(sql, ColumnType.of(type.arguments().getFirst()), depth);
            case "Nested" -> array(sql, ColumnType.of("Tuple" + type.plain().substring("Nested".length())), depth);
            case "Map" -> map(sql, type.arguments(), depth);
            case "Tuple" -> type.isNullable() ? scalar(sql, type.plain(), type) : tuple(sql, type.arguments(), depth);
            default -> scalar(sql, type.plain(), type);
        };
    }

    private static ParquetValue scalar(String sql, String written, ColumnType type) {
        return new ParquetValue(sql, type.isNullable() ? "Nullable(" + written + ")" : written);
    }

    private static ParquetValue array(String sql, ColumnType elements, int depth) {
        String variable = "_element" + depth;
        ParquetValue element = of(variable, elements, depth + 1);
        return new ParquetValue(
                element.sql.equals(variable) ? sql : "arrayMap(" + variable + " -> " + element.sql + ", " + sql + ")",
                "Array(" + element.type + ")");
    }

    private static ParquetValue map(String sql, List<String> arguments, int depth) {
        String keyVariable = "_key" + depth;
        String valueVariable = "_value" + depth;
        ParquetValue key = of(keyVariable, ColumnType.of(arguments.getFirst()), depth + 1);
        ParquetValue value = of(valueVariable, ColumnType.of(arguments.getLast()), depth + 1);
        boolean isAsItIs = key.sql.equals(keyVariable) && value.sql.equals(valueVariable);
        return new ParquetValue(
                isAsItIs
                        ? sql
                        : "mapApply((%s, %s) -> (%s, %s), %s)"
                                .formatted(keyVariable, valueVariable, key.sql, value.sql, sql),
                "Map(" + key.type + ", " + value.type + ")");
    }

    /// The cast gives the elements their names back.
    private static ParquetValue tuple(String sql, List<String> arguments, int depth) {
        List<String> elements = new ArrayList<>();
        List<String> types = new ArrayList<>();
        boolean isAsItIs = true;
        for (int index = 0; index < arguments.size(); index++) {
            Matcher named = NAMED.matcher(arguments.get(index));
            boolean hasName = named.matches();
            String found = "tupleElement(" + sql + ", " + (index + 1) + ")";
            ParquetValue element = of(found, ColumnType.of(hasName ? named.group(2) : arguments.get(index)), depth);
            isAsItIs &= element.sql.equals(found);
            elements.add(element.sql);
            types.add(hasName ? named.group(1) + " " + element.type : element.type);
        }
        String type = "Tuple(" + String.join(", ", types) + ")";
        return new ParquetValue(
                isAsItIs ? sql : "CAST(tuple(" + String.join(", ", elements) + ") AS " + type + ")", type);
    }
}
