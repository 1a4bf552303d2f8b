package dev.batchexports.core.run;

import java.util.Locale;

/// Why a run exists.
public enum RunTrigger {
    SCHEDULE,
    BACKFILL,
    RETRY;

    /// As it stands in the API and in the database: `schedule`, `backfill`, `retry`.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static RunTrigger of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
