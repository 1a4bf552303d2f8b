package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.TransferProgress;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Reports that a file is being sent, until it is closed. The driver does not tell how far it is, and a transfer that
/// reports nothing for minutes is taken for one that has stalled.
///
/// It does not report for ever: an upload that takes longer than [#LONGEST] has stalled.
final class UploadReports implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofHours(1);

    private final CountDownLatch closed = new CountDownLatch(1);

    private UploadReports() {}

    static UploadReports begin(TransferProgress progress) {
        return begin(progress, INTERVAL, LONGEST);
    }

    static UploadReports begin(TransferProgress progress, Duration interval, Duration longest) {
        UploadReports reports = new UploadReports();
        Thread.ofVirtual().name("snowflake-upload").start(() -> reports.report(progress, interval, longest));
        return reports;
    }

    private void report(TransferProgress progress, Duration interval, Duration longest) {
        long begun = System.nanoTime();
        try {
            do {
                progress.advanced(0);
            } while (!closed.await(interval.toNanos(), TimeUnit.NANOSECONDS)
                    && System.nanoTime() - begun < longest.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
