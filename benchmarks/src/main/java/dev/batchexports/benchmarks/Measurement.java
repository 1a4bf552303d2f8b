package dev.batchexports.benchmarks;

/// One export, measured.
///
/// @param client of the process that moves the rows; nothing where the engine itself does
/// @param other of Temporal, PostgreSQL and the API, where they take part
/// @param bytes of the files
record Measurement(
        Format format,
        String contender,
        double seconds,
        Usage client,
        Usage engine,
        Usage store,
        Usage other,
        long bytes,
        int files) {}
