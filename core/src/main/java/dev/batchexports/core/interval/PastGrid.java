package dev.batchexports.core.interval;

/// A grid that was in force for a range of time, and is not any more.
///
/// The range begins and ends at boundaries, whether or not the grid has one there: its first and its last
/// interval may be cut.
public record PastGrid(Interval range, IntervalGrid grid) {}
