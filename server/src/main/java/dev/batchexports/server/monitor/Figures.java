package dev.batchexports.server.monitor;

/// What the runs of an export moved within a day, and what is under way.
///
/// @param previousRows of the day before
public record Figures(long rows, long bytes, long previousRows, int activeRuns, int activeBackfills) {
    static final Figures NONE = new Figures(0, 0, 0, 0, 0);
}
