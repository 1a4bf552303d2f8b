package dev.batchexports.endtoend;

/// A connection of the worker that a fault may break.
enum Link {
    S3,
    CLICKHOUSE,
    TEMPORAL,
    /// To the metadata.
    DATABASE,
    /// To PostgreSQL as a destination.
    DESTINATION
}
