package dev.batchexports.server.backfills;

import java.util.Locale;

/// Which intervals a backfill exports.
public enum BackfillScope {
    /// Every interval of the range, whether it was exported before or not.
    ALL,
    /// Only intervals without a completed run.
    GAPS;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static BackfillScope of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
