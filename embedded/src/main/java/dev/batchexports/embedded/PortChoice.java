package dev.batchexports.embedded;

/// Which ports the components listen on; always on loopback.
public enum PortChoice {
    /// The port that users expect (Temporal 7233 and its UI 8233, ClickHouse 8123, S3 8333, PostgreSQL 15432), and a
    /// free one
    /// where that is taken.
    USUAL,
    /// Any free port, so that several platforms run side by side. For tests.
    FREE
}
