package dev.batchexports.server.workflow;

import java.time.Duration;

/// How long a failed attempt waits for the next one: one second, doubled with every attempt, ten minutes
/// at most.
///
/// Temporal is told the delay explicitly with every failure, so that the time which a run shows is the
/// true one; its own retry policy is the same and counts for attempts whose worker was lost.
final class Backoff {
    static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration LONGEST = Duration.ofMinutes(10);
    static final double FACTOR = 2.0;

    private static final int DOUBLINGS = 10;

    private Backoff() {}

    /// @param attempt the one that failed, from 1
    static Duration after(int attempt) {
        Duration delay = FIRST.multipliedBy(1L << Math.clamp(attempt - 1L, 0, DOUBLINGS));
        return delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
    }
}
