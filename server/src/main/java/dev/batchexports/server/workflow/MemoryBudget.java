package dev.batchexports.server.workflow;

import java.util.concurrent.Semaphore;

/// The memory that all transfers of this process may hold together for bytes that are under way. Who finds too little
/// of it waits, first come, first served: before it asks ClickHouse for rows, so that no query waits half read.
///
/// Thread-safe.
final class MemoryBudget {
    private static final int UNIT = 1 << 10;

    private final Semaphore units;
    private final int all;

    /// @param bytes at least 1 KiB
    MemoryBudget(long bytes) {
        this.all = units(bytes);
        this.units = new Semaphore(all, true);
    }

    private static int units(long bytes) {
        return Math.clamp(Math.ceilDiv(bytes, UNIT), 1, Integer.MAX_VALUE);
    }

    /// Waits for a share. One that is greater than the whole budget is granted when nobody else holds any.
    Share claim(long bytes) throws InterruptedException {
        int claimed = Math.min(units(bytes), all);
        units.acquire(claimed);
        return new Share(claimed);
    }

    /// What one transfer may hold, until it is closed.
    final class Share implements AutoCloseable {
        private final int claimed;

        private Share(int claimed) {
            this.claimed = claimed;
        }

        long bytes() {
            return (long) claimed * UNIT;
        }

        @Override
        public void close() {
            units.release(claimed);
        }
    }
}
