package dev.batchexports.server.exports;

import java.util.Locale;

/// What a run does with rows that an earlier run of its interval left at a database destination. Files
/// are always replaced.
public enum RerunMode {
    APPEND,
    REPLACE;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static RerunMode of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
