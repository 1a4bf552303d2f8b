package dev.batchexports.benchmarks;

/// What a process has used.
///
/// @param peakBytes the most memory that it had resident
record Usage(double cpuSeconds, long peakBytes) {
    static final Usage NONE = new Usage(0, 0);
}
