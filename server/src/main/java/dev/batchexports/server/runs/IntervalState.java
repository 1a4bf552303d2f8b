package dev.batchexports.server.runs;

import java.util.Locale;

/// What became of an expected interval.
public enum IntervalState {
    /// A run of it completed.
    COMPLETED,
    /// A run of it is not finished.
    RUNNING,
    /// It was run, and no run of it completed.
    FAILED,
    /// It has ended and has no run.
    MISSING,
    /// The schedule is going to export it.
    UPCOMING;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
