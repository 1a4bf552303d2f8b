package dev.batchexports.source.clickhouse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A ClickHouse type as `DESCRIBE` writes it, for example `LowCardinality(Nullable(String))`.
///
/// @param text the whole type
/// @param plain the type without `LowCardinality` and `Nullable` around it
/// @param name the plain type without its arguments: `DateTime64` of `DateTime64(6, 'UTC')`
record ColumnType(String text, String plain, String name) {
    private static final Pattern WRAPPER = Pattern.compile("(?:LowCardinality|Nullable)\\((.*)\\)", Pattern.DOTALL);
    private static final Pattern FIRST_NUMBER = Pattern.compile("\\w+\\((\\d+).*", Pattern.DOTALL);

    /// A word or name in quotes, as a whole, or a single character.
    private static final Pattern PART =
            Pattern.compile("'(?:[^'\\\\]|\\\\.)*+'|`(?:[^`\\\\]|\\\\.)*+`|.", Pattern.DOTALL);

    private static final Map<String, Integer> SIZES = Map.ofEntries(
            Map.entry("Bool", 1),
            Map.entry("Int8", 1),
            Map.entry("UInt8", 1),
            Map.entry("Enum8", 1),
            Map.entry("Int16", 2),
            Map.entry("UInt16", 2),
            Map.entry("Enum16", 2),
            Map.entry("Date", 2),
            Map.entry("Int32", 4),
            Map.entry("UInt32", 4),
            Map.entry("Float32", 4),
            Map.entry("Date32", 4),
            Map.entry("DateTime", 4),
            Map.entry("IPv4", 4),
            Map.entry("Int64", 8),
            Map.entry("UInt64", 8),
            Map.entry("Float64", 8),
            Map.entry("DateTime64", 8),
            Map.entry("Int128", 16),
            Map.entry("UInt128", 16),
            Map.entry("UUID", 16),
            Map.entry("IPv6", 16),
            Map.entry("Int256", 32),
            Map.entry("UInt256", 32));
    private static final Set<String> INTEGERS = Set.of(
            "Int8", "UInt8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Int128", "UInt128", "Int256",
            "UInt256");

    static ColumnType of(String text) {
        String plain = text;
        Matcher wrapper = WRAPPER.matcher(plain);
        while (wrapper.matches()) {
            plain = wrapper.group(1);
            wrapper = WRAPPER.matcher(plain);
        }
        int arguments = plain.indexOf('(');
        return new ColumnType(text, plain, arguments < 0 ? plain : plain.substring(0, arguments));
    }

    boolean isWrapped() {
        return !plain.equals(text);
    }

    boolean isNullable() {
        return text.startsWith("Nullable(") || text.startsWith("LowCardinality(Nullable(");
    }

    boolean isString() {
        return name.equals("String");
    }

    boolean isInteger() {
        return INTEGERS.contains(name);
    }

    /// Whether values are a single number, time, id or word, which never holds foreign text.
    boolean isScalar() {
        return SIZES.containsKey(name) || name.startsWith("Decimal");
    }

    /// The size of a value in bytes, where all values have the same; otherwise empty.
    OptionalInt fixedSize() {
        Integer size = SIZES.get(name);
        if (size != null) {
            return OptionalInt.of(size);
        }
        if (name.equals("FixedString")) {
            return firstArgument();
        }
        if (name.equals("Decimal")) {
            int digits = firstArgument().orElse(76);
            return OptionalInt.of(digits <= 9 ? 4 : digits <= 18 ? 8 : digits <= 38 ? 16 : 32);
        }
        return OptionalInt.empty();
    }

    /// The first argument, where it is a number: the precision of `DateTime64(6, 'UTC')`.
    OptionalInt firstArgument() {
        Matcher matcher = FIRST_NUMBER.matcher(plain);
        return matcher.matches() ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
    }

    /// The arguments as they are written: `x Int32` and `y String` of `Tuple(x Int32, y String)`.
    List<String> arguments() {
        if (plain.equals(name)) {
            return List.of();
        }
        List<String> arguments = new ArrayList<>();
        Matcher part = PART.matcher(plain).region(name.length() + 1, plain.length() - 1);
        StringBuilder argument = new StringBuilder();
        int depth = 0;
        while (part.find()) {
            switch (part.group()) {
                case "(" -> depth++;
                case ")" -> depth--;
                default -> {}
            }
            if (depth == 0 && part.group().equals(",")) {
                arguments.add(argument.toString().strip());
                argument.setLength(0);
            } else {
                argument.append(part.group());
            }
        }
        if (!argument.isEmpty()) {
            arguments.add(argument.toString().strip());
        }
        return arguments;
    }

    @Override
    public String toString() {
        return text;
    }
}
