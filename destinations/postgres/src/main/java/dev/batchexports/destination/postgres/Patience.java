package dev.batchexports.destination.postgres;

import java.time.Duration;

/// How long the server waits for us, and we for it.
///
/// @param request how long a quick statement may take
record Patience(Duration request) {
    private static final int IDLE_SHARE = 8;
    private static final int LOCK_SHARE = 2;
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(10);
    private static final Duration COMMIT = Duration.ofHours(1);

    /// How long a transaction may stand still between two statements. Then the server ends it, so that a
    /// worker that hangs, or that was cut off without a word, does not hold its locks: this is what lets a
    /// later run commit. A commit sends its statements one upon the other.
    Duration idle() {
        return request.dividedBy(IDLE_SHARE);
    }

    /// How long a statement waits for a lock: longer than an idle transaction can hold one.
    Duration lock() {
        return request.dividedBy(LOCK_SHARE);
    }

    Duration connect() {
        return request.compareTo(LONGEST_CONNECT) < 0 ? request : LONGEST_CONNECT;
    }

    /// How long moving the rows of a run into the table may take.
    Duration commit() {
        return COMMIT;
    }
}
