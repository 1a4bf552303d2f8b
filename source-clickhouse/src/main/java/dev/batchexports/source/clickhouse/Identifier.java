package dev.batchexports.source.clickhouse;

/// Names in SQL text: quoting here is the only way in which a name gets into a statement.
final class Identifier {
    private Identifier() {}

    /// One name, in backticks. ClickHouse reads backslash escapes inside them.
    static String quote(String name) {
        StringBuilder quoted = new StringBuilder(name.length() + 2).append('`');
        for (int index = 0; index < name.length(); index++) {
            char character = name.charAt(index);
            switch (character) {
                case '`' -> quoted.append("\\`");
                case '\\' -> quoted.append("\\\\");
                // A zero byte would end the statement.
                case '\0' -> quoted.append("\\0");
                default -> quoted.append(character);
            }
        }
        return quoted.append('`').toString();
    }

    /// A table given as `name` or `database.name`: the first dot separates, further ones belong to the
    /// table's name. A table whose name has a dot is therefore always given with its database.
    static String quoteTable(String name) {
        int dot = name.indexOf('.');
        return dot <= 0 || dot == name.length() - 1
                ? quote(name)
                : quote(name.substring(0, dot)) + "." + quote(name.substring(dot + 1));
    }
}
