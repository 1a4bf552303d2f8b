package dev.batchexports.benchmarks;

import java.time.Duration;

/// What an export used.
///
/// @param client the process that moves the rows and is none of the laboratory's
/// @param took from the request to the last file
record Exported(Usage client, Duration took) {
    interface Work {
        Usage run() throws InterruptedException;
    }

    /// Of work that is over when the call returns.
    static Exported timed(Work work) throws InterruptedException {
        long started = System.nanoTime();
        Usage client = work.run();
        return new Exported(client, Duration.ofNanos(System.nanoTime() - started));
    }
}
