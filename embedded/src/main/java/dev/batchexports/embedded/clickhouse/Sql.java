package dev.batchexports.embedded.clickhouse;

/// Quotes what comes from outside.
final class Sql {
    private Sql() {}

    /// A text literal.
    static String text(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    /// A quoted name.
    static String name(String value) {
        return "`" + value.replace("\\", "\\\\").replace("`", "\\`") + "`";
    }
}
