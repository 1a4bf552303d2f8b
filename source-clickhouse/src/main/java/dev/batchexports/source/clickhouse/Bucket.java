package dev.batchexports.source.clickhouse;

/// The rows that landed within a short time.
///
/// @param start in microseconds since 1970
/// @param width in microseconds
record Bucket(long start, long width, long rows, long bytes) {
    static final Bucket EMPTY = new Bucket(0, 1, 0, 0);

    long end() {
        return start + width;
    }
}
