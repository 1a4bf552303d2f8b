package dev.batchexports.endtoend;

/// A process that a fault may kill or halt.
enum Victim {
    WORKER,
    /// It works beside the first, so that one of them takes over what the other had begun.
    SECOND_WORKER,
    SERVER,
    S3,
    CLICKHOUSE,
    TEMPORAL,
    POSTGRES
}
