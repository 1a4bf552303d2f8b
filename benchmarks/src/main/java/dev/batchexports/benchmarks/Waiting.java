package dev.batchexports.benchmarks;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/// Waits for what happens in other processes.
final class Waiting {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private Waiting() {}

    /// @throws IllegalStateException if it does not come to pass in time
    static void until(String what, Duration atMost, BooleanSupplier happened) throws InterruptedException {
        until(what, atMost, BETWEEN_LOOKS, happened);
    }

    /// @throws IllegalStateException if it does not come to pass in time
    static void until(String what, Duration atMost, Duration betweenLooks, BooleanSupplier happened)
            throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(what + " did not happen within " + atMost);
            }
            Thread.sleep(betweenLooks);
        }
    }
}
