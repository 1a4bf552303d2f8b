package dev.batchexports.source.clickhouse;

/// Values as PostgreSQL takes them in COPY: what it cannot hold is replaced, so that no row is refused.
///
/// | ClickHouse | written as | because PostgreSQL |
/// |---|---|---|
/// | text with bytes that are not UTF-8, or with NUL | each becomes U+FFFD | refuses the whole COPY |
/// | text that holds JSON (`properties`) | as it is, `\u0000` as `\ufffd`; a JSON string if it is not valid JSON, or
/// holds a number beyond `numeric` | refuses it in a jsonb |
/// | FixedString | without the NULs that pad it | see above |
/// | DateTime64 finer than microseconds | cut to microseconds | would round, perhaps into the next interval |
/// | arrays, maps, tuples, JSON, variants and everything else | JSON; SQL NULL where a variant is NULL | has no such
/// types |
final class PostgresValue {
    private static final int MICROSECONDS = 6;

    private static final String REPLACEMENT = "char(0xef, 0xbf, 0xbd)";

    private PostgresValue() {}

    /// The value of a column as SQL.
    static String expression(ResolvedColumn column) {
        String quoted = column.quoted();
        if (column.holdsJsonText()) {
            return "if(isValidJSON(%1$s) AND NOT (%2$s), %3$s, %4$s)"
                    .formatted(quoted, hasNumberBeyondNumeric(quoted), withoutEscapedNul(quoted), jsonString(quoted));
        }
        return switch (column.type().name()) {
            case "String" -> text(quoted);
            case "FixedString" ->
                text("trim(TRAILING char(0) FROM CAST(" + quoted + ", '" + stringType(column) + "'))");
            case "DateTime64" ->
                column.type().firstArgument().orElse(0) > MICROSECONDS
                        ? "toDateTime64(" + quoted + ", " + MICROSECONDS + ", 'UTC')"
                        : quoted;
            default -> column.type().isScalar() ? quoted : json(quoted);
        };
    }

    private static String stringType(ResolvedColumn column) {
        return column.type().text().contains("Nullable(") ? "Nullable(String)" : "String";
    }

    private static String text(String expression) {
        return "replaceAll(toValidUTF8(" + expression + "), char(0), " + REPLACEMENT + ")";
    }

    private static String jsonString(String expression) {
        return "toJSONString(" + text(expression) + ")";
    }

    /// Only the types that can be NULL without being called Nullable have a `null` for all of their JSON.
    private static String json(String expression) {
        return withoutEscapedNul("nullIf(toValidUTF8(toJSONString(" + expression + ")), 'null')");
    }

    /// JSON text with `\ufffd` in place of `\u0000`, but for one whose backslash is itself escaped: pairs of
    /// backslashes stand aside meanwhile, as a character that JSON text cannot hold.
    private static String withoutEscapedNul(String json) {
        return ("if(position(%1$s, '\\\\u0000') = 0, %1$s, replaceAll(replaceAll(replaceAll(%1$s,"
                        + " '\\\\\\\\', char(1)), '\\\\u0000', '\\\\ufffd'), char(1), '\\\\\\\\'))")
                .formatted(json);
    }

    /// A `numeric`, which a number in a jsonb is, has at most 16,383 digits behind the point.
    private static String hasNumberBeyondNumeric(String json) {
        return ("((position(%1$s, 'e-') > 0 OR position(%1$s, 'E-') > 0) AND match(%1$s, '[0-9][eE]-0*[1-9][0-9]{3}'))"
                        + " OR (length(%1$s) > 16000 AND match(%1$s, '[.][0-9]{1000}'))")
                .formatted(json);
    }
}
