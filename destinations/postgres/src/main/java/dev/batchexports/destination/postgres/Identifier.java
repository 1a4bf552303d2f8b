package dev.batchexports.destination.postgres;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.stream.Collectors;

/// Names in SQL. All of them are quoted, so that they mean what they say: case, dots and spaces included.
final class Identifier {
    /// PostgreSQL cuts longer names off without an error, after which two may be the same.
    static final int MAX_BYTES = 63;

    private Identifier() {}

    static boolean fits(String name) {
        return name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES;
    }

    static String quote(String name) {
        if (name.isEmpty() || name.indexOf('\0') >= 0 || !fits(name)) {
            throw new IllegalArgumentException("not an identifier: " + name);
        }
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    static String quote(Collection<String> names) {
        return names.stream().map(Identifier::quote).collect(Collectors.joining(", "));
    }

    static String qualify(String schema, String name) {
        return quote(schema) + "." + quote(name);
    }
}
