package dev.batchexports.destination.snowflake;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.SourceColumn;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How a column of a Parquet file, as ClickHouse writes it, becomes one of a table.
///
/// @param kind what its values are
/// @param type the Snowflake type that a new table gets: `NUMBER(20,0)`
/// @param isNullable whether ClickHouse says that it may hold NULL
record ColumnLoad(String name, Kind kind, String type, boolean isNullable) {
    private static final Pattern WRAPPER = Pattern.compile("(LowCardinality|Nullable)\\((.*)\\)", Pattern.DOTALL);
    private static final Pattern DECIMAL = Pattern.compile("Decimal\\((\\d+),\\s*(\\d+)\\)");
    private static final Pattern SCALE = Pattern.compile("DateTime64\\((\\d).*", Pattern.DOTALL);
    private static final Pattern TYPE = Pattern.compile("([A-Z_ ]+?)(?:\\((\\d+)(?:,\\s*(\\d+))?\\))?");
    private static final int MOST_DIGITS = 38;

    enum Kind {
        NUMBER,
        FLOAT,
        BOOLEAN,
        DATE,
        TIMESTAMP,
        TEXT,
        BINARY,
        /// Texts that are JSON documents, most of them valid.
        JSON,
        /// Arrays, maps and tuples.
        NESTED
    }

    static ColumnLoad of(SourceColumn column) {
        String plain = column.type();
        boolean isNullable = false;
        Matcher wrapper = WRAPPER.matcher(plain);
        while (wrapper.matches()) {
            isNullable |= wrapper.group(1).equals("Nullable");
            plain = wrapper.group(2);
            wrapper = WRAPPER.matcher(plain);
        }
        String name = column.name();
        if (column.content() == SourceColumn.Content.JSON) {
            return new ColumnLoad(name, Kind.JSON, "VARIANT", isNullable);
        }
        int arguments = plain.indexOf('(');
        return switch (arguments < 0 ? plain : plain.substring(0, arguments)) {
            case "Bool" -> new ColumnLoad(name, Kind.BOOLEAN, "BOOLEAN", isNullable);
            case "Int8", "UInt8" -> number(name, 3, 0, isNullable);
            case "Int16", "UInt16" -> number(name, 5, 0, isNullable);
            case "Int32", "UInt32" -> number(name, 10, 0, isNullable);
            case "Int64" -> number(name, 19, 0, isNullable);
            case "UInt64" -> number(name, 20, 0, isNullable);
            case "Decimal" -> decimal(column, plain, isNullable);
            case "Float32", "Float64", "BFloat16" -> new ColumnLoad(name, Kind.FLOAT, "FLOAT", isNullable);
            case "Date", "Date32" -> new ColumnLoad(name, Kind.DATE, "DATE", isNullable);
            case "DateTime" -> new ColumnLoad(name, Kind.TIMESTAMP, "TIMESTAMP_NTZ(0)", isNullable);
            case "DateTime64" -> {
                Matcher scale = SCALE.matcher(plain);
                yield new ColumnLoad(
                        name,
                        Kind.TIMESTAMP,
                        "TIMESTAMP_NTZ(" + (scale.matches() ? scale.group(1) : "3") + ")",
                        isNullable);
            }
            case "FixedString" -> new ColumnLoad(name, Kind.BINARY, "BINARY", isNullable);
            case "Array", "Map", "Tuple", "Nested" -> new ColumnLoad(name, Kind.NESTED, "VARIANT", isNullable);
            case "JSON", "Object", "Variant", "Dynamic" -> new ColumnLoad(name, Kind.JSON, "VARIANT", isNullable);
            // UUID, enums, IP addresses and integers beyond 64 bits are written as text.
            default -> new ColumnLoad(name, Kind.TEXT, "VARCHAR", isNullable);
        };
    }

    private static ColumnLoad number(String name, int digits, int scale, boolean isNullable) {
        return new ColumnLoad(name, Kind.NUMBER, "NUMBER(" + digits + "," + scale + ")", isNullable);
    }

    private static ColumnLoad decimal(SourceColumn column, String plain, boolean isNullable) {
        Matcher matcher = DECIMAL.matcher(plain);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > MOST_DIGITS) {
            throw ExportException.user(
                    "TypeNotSupported",
                    "The column " + column.name() + " has the type " + column.type() + ", and Snowflake holds at most "
                            + MOST_DIGITS + " digits.",
                    "Leave the column out of the model, or give it as a text: toString(" + column.name() + ").");
        }
        return number(
                column.name(), Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), isNullable);
    }

    String quoted() {
        return Sql.identifier(name);
    }

    /// The type of the column in the table that files are loaded into first.
    String loadType() {
        return kind == Kind.JSON ? "VARCHAR" : type;
    }

    /// The value out of a Parquet file, of [#loadType()].
    String fromFile() {
        String value = "$1:" + quoted();
        return kind == Kind.NESTED ? value : value + "::" + loadType();
    }

    /// The value out of the table that files were loaded into, for a column of a table.
    ///
    /// @param existing the column's type in that table, as DESCRIBE has it
    /// @return null when the value cannot be written there without loss
    @Nullable
    String into(String existing) {
        Matcher matcher = TYPE.matcher(existing);
        if (!matcher.matches()) {
            return null;
        }
        return switch (matcher.group(1)) {
            case "VARIANT" -> intoVariant();
            case "VARCHAR", "TEXT", "STRING", "CHAR" -> intoText();
            case "NUMBER", "DECIMAL" -> kind == Kind.NUMBER && scale(existing, 0) >= scale(type, 0) ? quoted() : null;
            case "FLOAT", "DOUBLE", "REAL" -> kind == Kind.FLOAT ? quoted() : null;
            case "BOOLEAN" -> kind == Kind.BOOLEAN ? quoted() : null;
            case "DATE" -> kind == Kind.DATE ? quoted() : null;
            case "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ" ->
                kind == Kind.TIMESTAMP && precision(existing, 9) >= precision(type, 9) ? quoted() : null;
            case "BINARY" -> kind == Kind.BINARY ? quoted() : null;
            case "OBJECT", "ARRAY" -> null;
            default -> null;
        };
    }

    private String intoVariant() {
        return switch (kind) {
            // What is no valid JSON stays what it is, a text: never a silent NULL.
            case JSON -> "COALESCE(TRY_PARSE_JSON(" + quoted() + "), TO_VARIANT(" + quoted() + "))";
            case NESTED -> quoted();
            case NUMBER, FLOAT, BOOLEAN, DATE, TIMESTAMP, TEXT, BINARY -> "TO_VARIANT(" + quoted() + ")";
        };
    }

    private @Nullable String intoText() {
        return switch (kind) {
            case TEXT, JSON -> quoted();
            case NESTED -> "TO_JSON(" + quoted() + ")";
            case NUMBER, FLOAT, BOOLEAN, DATE, TIMESTAMP -> "TO_VARCHAR(" + quoted() + ")";
            case BINARY -> null;
        };
    }

    private static int precision(String type, int otherwise) {
        return argument(type, 2, otherwise);
    }

    private static int scale(String type, int otherwise) {
        return argument(type, 3, otherwise);
    }

    private static int argument(String type, int group, int otherwise) {
        Matcher matcher = TYPE.matcher(type);
        return matcher.matches() && matcher.group(group) != null ? Integer.parseInt(matcher.group(group)) : otherwise;
    }
}
