package dev.batchexports.destination.snowflake;

/// Quoting.
final class Sql {
    private Sql() {}

    /// A name in double quotes: it means exactly itself, case included.
    static String identifier(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /// A text in single quotes, where Snowflake gives a meaning to the backslash too.
    static String text(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
    }
}
