package dev.batchexports.source.clickhouse;

/// A column to write, found in the relation.
///
/// @param name at the destination
/// @param source its name in the relation
/// @param sourceType in the relation
/// @param type of what is written; differs from the source's where it is cast
record ResolvedColumn(String name, String source, ColumnType sourceType, ColumnType type) {
    ResolvedColumn(String name, String source, ColumnType type) {
        this(name, source, type, type);
    }

    /// The value that is written, as SQL. A cast that would change the value fails the query.
    String quoted() {
        return type.equals(sourceType)
                ? Identifier.quote(source)
                : cast(source, "'" + type.text().replace("\\", "\\\\").replace("'", "\\'") + "'");
    }

    /// @param type a constant text, as SQL
    static String cast(String source, String type) {
        return "accurateCast(" + Identifier.quote(source) + ", " + type + ")";
    }

    /// Whether its text is JSON by convention: a String column called `properties` or `..._properties`.
    boolean holdsJsonText() {
        boolean text = type.text().equals("String") || type.text().equals("Nullable(String)");
        return text && (source.equals("properties") || source.endsWith("_properties"));
    }

    /// The bytes of a value as it is read, uncompressed, as SQL.
    ///
    /// `length` instead of `byteSize` where that does: ClickHouse can answer it from the lengths alone,
    /// without reading the texts, for tables that store them apart (the default of recent versions).
    String sizeExpression() {
        String quoted = Identifier.quote(source);
        if (sourceType.fixedSize().isPresent()) {
            return Integer.toString(sourceType.fixedSize().getAsInt());
        }
        return sourceType.isString() ? "ifNull(length(" + quoted + "), 0) + 9" : "byteSize(" + quoted + ")";
    }
}
