package dev.batchexports.server.exports;

import java.util.Locale;

/// What happens to rows that became visible only after the run of their interval had read it.
public enum LateRows {
    /// They are counted and shown.
    REPORT,
    /// They are also exported: by another run of the interval.
    EXPORT;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static LateRows of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
