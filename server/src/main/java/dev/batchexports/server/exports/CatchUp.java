package dev.batchexports.server.exports;

/// What happens, when an export is unpaused, to the intervals that it missed.
public enum CatchUp {
    /// They stay gaps.
    NOTHING,
    /// A backfill exports them.
    MISSED_INTERVALS
}
