package dev.batchexports.server.monitor;

import java.util.Locale;

/// How an export fares.
public enum Health {
    /// Its newest interval is exported, or on its way.
    HEALTHY,
    /// Its newest decided interval failed.
    FAILING,
    /// A run of it waits for its next attempt.
    RETRYING,
    /// An interval that has ended has no run.
    LATE,
    /// Its first interval has not ended yet.
    WAITING,
    PAUSED,
    ENDED;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
