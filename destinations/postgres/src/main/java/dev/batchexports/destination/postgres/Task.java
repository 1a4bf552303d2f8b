package dev.batchexports.destination.postgres;

/// What a connection is for.
///
/// @param applicationName by which an administrator finds it in `pg_stat_activity`
/// @param words what failed if it fails: "write slice 1"
record Task(String applicationName, String words) {
    static final String APPLICATION = "batch-exports";
}
