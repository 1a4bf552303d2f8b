package dev.batchexports.source.clickhouse;

/// A column to write, found in the relation.
///
/// @param name at the destination
/// @param source its name in the relation
/// @param type in the relation
record ResolvedColumn(String name, String source, ColumnType type) {
    /// The column as SQL.
    String quoted() {
        return Identifier.quote(source);
    }

    /// Whether its text is JSON by convention: a String column called `properties` or `..._properties`.
    boolean holdsJsonText() {
        boolean text = type.text().equals("String") || type.text().equals("Nullable(String)");
        return text && (source.equals("properties") || source.endsWith("_properties"));
    }

    /// The bytes of a value, uncompressed, as SQL.
    ///
    /// `length` instead of `byteSize` where that does: ClickHouse can answer it from the lengths alone,
    /// without reading the texts, for tables that store them apart (the default of recent versions).
    String sizeExpression() {
        if (type.fixedSize().isPresent()) {
            return Integer.toString(type.fixedSize().getAsInt());
        }
        return type.isString() ? "ifNull(length(" + quoted() + "), 0) + 9" : "byteSize(" + quoted() + ")";
    }
}
