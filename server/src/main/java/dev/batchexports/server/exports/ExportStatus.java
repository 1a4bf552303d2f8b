package dev.batchexports.server.exports;

import java.util.Locale;

/// The state of an export. It is derived, never stored: ended once `end_at` has passed, else paused or
/// active.
public enum ExportStatus {
    ACTIVE,
    PAUSED,
    ENDED;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static ExportStatus of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
