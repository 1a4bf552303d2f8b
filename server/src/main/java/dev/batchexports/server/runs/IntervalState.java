package dev.batchexports.server.runs;

import java.util.Locale;

/// What became of an expected interval.
public enum IntervalState {
    /// Completed runs cover all of it.
    COMPLETED,
    /// A run of it is not finished.
    RUNNING,
    /// It was run without success, or a later run began to change what an earlier one had completed and did
    /// not finish.
    FAILED,
    /// It has ended and has no run, or runs of a part of it only.
    MISSING,
    /// It ended while the export was paused.
    SKIPPED,
    /// The schedule is going to export it.
    UPCOMING;

    /// Whether the interval was to be exported by now.
    public boolean isExpected() {
        return switch (this) {
            case COMPLETED, RUNNING, FAILED, MISSING -> true;
            case SKIPPED, UPCOMING -> false;
        };
    }

    /// Whether all of it is at the destination.
    public boolean isCovered() {
        return this == COMPLETED;
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
