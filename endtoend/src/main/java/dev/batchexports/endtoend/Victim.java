package dev.batchexports.endtoend;

/// A process that a fault may kill or halt.
enum Victim {
    WORKER,
    SERVER,
    S3,
    CLICKHOUSE,
    TEMPORAL,
    POSTGRES
}
