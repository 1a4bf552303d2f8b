package dev.batchexports.endtoend;

import java.util.List;

/// A connection that a fault may break: from the workers to a destination, or from one process to what it works
/// with. Faults of several links strike at the same time.
enum Link {
    LINES(Peer.S3),
    PARQUET(Peer.S3),
    TABLE(Peer.DESTINATION),
    ACCOUNT(Peer.SNOWFLAKE),
    CLICKHOUSE(Peer.CLICKHOUSE),
    TEMPORAL(Peer.TEMPORAL),
    DATABASE(Peer.DATABASE),
    SECOND_CLICKHOUSE(Peer.CLICKHOUSE),
    SECOND_TEMPORAL(Peer.TEMPORAL),
    SECOND_DATABASE(Peer.DATABASE),
    SERVER_TEMPORAL(Peer.TEMPORAL),
    SERVER_DATABASE(Peer.DATABASE);

    /// What is at its other end.
    enum Peer {
        S3,
        CLICKHOUSE,
        TEMPORAL,
        /// PostgreSQL with the metadata.
        DATABASE,
        /// PostgreSQL as a destination.
        DESTINATION,
        /// The stand-in for it, if it is installed.
        SNOWFLAKE
    }

    private final Peer peer;

    Link(Peer peer) {
        this.peer = peer;
    }

    Peer peer() {
        return peer;
    }

    /// Whose requests pass.
    List<Victim> users() {
        return switch (this) {
            case LINES, PARQUET, TABLE, ACCOUNT -> List.of(Victim.WORKER, Victim.SECOND_WORKER);
            case CLICKHOUSE, TEMPORAL, DATABASE -> List.of(Victim.WORKER);
            case SECOND_CLICKHOUSE, SECOND_TEMPORAL, SECOND_DATABASE -> List.of(Victim.SECOND_WORKER);
            case SERVER_TEMPORAL, SERVER_DATABASE -> List.of(Victim.SERVER);
        };
    }
}
