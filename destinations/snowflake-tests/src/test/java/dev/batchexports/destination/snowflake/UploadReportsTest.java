package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class UploadReportsTest {
    private static final Duration INTERVAL = Duration.ofMillis(5);

    private final AtomicInteger reports = new AtomicInteger();

    private UploadReports begin(Duration longest) {
        return UploadReports.begin(
                bytes -> {
                    assertThat(bytes).isZero();
                    reports.incrementAndGet();
                },
                INTERVAL,
                longest);
    }

    @Test
    void reportsUntilTheFileIsSent() {
        try (UploadReports _ = begin(Duration.ofHours(1))) {
            await().untilAsserted(() -> assertThat(reports).hasValueGreaterThan(3));
        }
        awaitSilence();
    }

    @Test
    void doesNotReportForEver() {
        try (UploadReports _ = begin(Duration.ofMillis(50))) {
            await().untilAsserted(() -> assertThat(reports).hasPositiveValue());
            awaitSilence();
        }
    }

    private void awaitSilence() {
        AtomicInteger last = new AtomicInteger(-1);
        await().pollInterval(INTERVAL.multipliedBy(20)).until(() -> last.getAndSet(reports.get()) == reports.get());
    }
}
