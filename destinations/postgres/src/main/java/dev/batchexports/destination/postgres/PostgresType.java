package dev.batchexports.destination.postgres;

import dev.batchexports.core.source.SourceColumn;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The type that a column gets in a table of our making. Every value of the ClickHouse type fits.
final class PostgresType {
    private static final Pattern WRAPPER = Pattern.compile("(?:LowCardinality|Nullable)\\((.*)\\)", Pattern.DOTALL);
    private static final Pattern DECIMAL = Pattern.compile("Decimal\\((\\d+), *(\\d+)\\)");

    private PostgresType() {}

    /// As SQL: `numeric(20)`.
    static String of(SourceColumn column) {
        String type = withoutWrappers(column.type());
        int arguments = type.indexOf('(');
        String name = arguments < 0 ? type : type.substring(0, arguments);
        return switch (name) {
            case "String", "FixedString" -> column.content() == SourceColumn.Content.JSON ? "jsonb" : "text";
            case "Enum8", "Enum16" -> "text";
            case "Bool" -> "boolean";
            case "Int8", "UInt8", "Int16" -> "smallint";
            case "UInt16", "Int32" -> "integer";
            case "UInt32", "Int64" -> "bigint";
            case "UInt64" -> "numeric(20)";
            case "Int128", "UInt128" -> "numeric(39)";
            case "Int256", "UInt256" -> "numeric(78)";
            case "Float32" -> "real";
            case "Float64" -> "double precision";
            case "Decimal" -> decimal(type);
            case "Date", "Date32" -> "date";
            case "DateTime", "DateTime64" -> "timestamp with time zone";
            case "UUID" -> "uuid";
            case "IPv4", "IPv6" -> "inet";
            // Arrays, maps, tuples, JSON, variants: the source writes everything else as JSON.
            default -> "jsonb";
        };
    }

    private static String decimal(String type) {
        Matcher matcher = DECIMAL.matcher(type);
        return matcher.matches() ? "numeric(" + matcher.group(1) + ", " + matcher.group(2) + ")" : "numeric";
    }

    private static String withoutWrappers(String type) {
        Matcher wrapper = WRAPPER.matcher(type);
        return wrapper.matches() ? withoutWrappers(wrapper.group(1)) : type;
    }
}
