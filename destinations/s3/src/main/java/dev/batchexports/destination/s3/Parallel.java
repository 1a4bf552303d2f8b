package dev.batchexports.destination.s3;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/// Small requests for many files, a few at a time.
final class Parallel {
    private static final int WIDTH = 8;

    interface Task<A, R> {
        R apply(A item) throws InterruptedException;
    }

    private Parallel() {}

    /// Applies the task to every item and returns the results in the items' order. An interrupt of the
    /// caller interrupts the tasks.
    ///
    /// @throws RuntimeException the first failure, in the items' order, after all tasks have ended
    static <A, R> List<R> map(List<A> items, Task<A, R> task) throws InterruptedException {
        List<Callable<R>> calls =
                items.stream().map(item -> (Callable<R>) () -> task.apply(item)).toList();
        try (ExecutorService threads =
                Executors.newFixedThreadPool(WIDTH, Thread.ofVirtual().factory())) {
            List<Future<R>> ended = threads.invokeAll(calls);
            for (Future<R> call : ended) {
                rethrow(call);
            }
            return ended.stream().map(Future::resultNow).collect(Collectors.toList());
        }
    }

    private static void rethrow(Future<?> call) throws InterruptedException {
        try {
            call.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case InterruptedException interrupt -> throw interrupt;
                case null, default -> throw new IllegalStateException("a request ended in a way it never should", e);
            }
        }
    }
}
