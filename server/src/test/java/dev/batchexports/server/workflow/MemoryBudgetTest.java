package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    private static final long MEBIBYTE = 1 << 20;

    @Test
    void transfersTogetherNeverHoldMoreThanTheBudget() throws Exception {
        MemoryBudget budget = new MemoryBudget(10 * MEBIBYTE);
        AtomicLong held = new AtomicLong();
        AtomicLong most = new AtomicLong();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int number = 0; number < 500; number++) {
                long wanted = (1 + number % 4) * MEBIBYTE;
                Future<?> _ = threads.submit(() -> {
                    try (MemoryBudget.Share share = budget.claim(wanted)) {
                        most.accumulateAndGet(held.addAndGet(share.bytes()), Math::max);
                        Thread.onSpinWait();
                        held.addAndGet(-share.bytes());
                    }
                    return null;
                });
            }
        }
        assertThat(most.get()).isBetween(4 * MEBIBYTE, 10 * MEBIBYTE);
        assertThat(held.get()).isZero();
    }

    @Test
    void aClaimBeyondTheBudgetWaitsForAllOfItAndIsGranted() throws Exception {
        MemoryBudget budget = new MemoryBudget(4 * MEBIBYTE);
        CountDownLatch granted = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            MemoryBudget.Share small = budget.claim(1);
            Future<Long> large = threads.submit(() -> {
                try (MemoryBudget.Share share = budget.claim(100 * MEBIBYTE)) {
                    granted.countDown();
                    return share.bytes();
                }
            });
            assertThat(granted.getCount()).isEqualTo(1);
            small.close();
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(large::isDone);
            assertThat(large.get()).isEqualTo(4 * MEBIBYTE);
        }
    }

    @Test
    void whoeverIsInterruptedWhileWaitingTakesNothing() throws Exception {
        MemoryBudget budget = new MemoryBudget(MEBIBYTE);
        MemoryBudget.Share all = budget.claim(MEBIBYTE);
        Thread waiting = Thread.ofVirtual().start(() -> {
            try (MemoryBudget.Share _ = budget.claim(MEBIBYTE)) {
                throw new IllegalStateException("granted");
            } catch (InterruptedException _) {
                // as it should be
            }
        });
        waiting.interrupt();
        waiting.join();
        all.close();
        try (MemoryBudget.Share again = budget.claim(MEBIBYTE)) {
            assertThat(again.bytes()).isEqualTo(MEBIBYTE);
        }
    }
}
