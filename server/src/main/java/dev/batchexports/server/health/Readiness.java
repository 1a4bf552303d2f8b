package dev.batchexports.server.health;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks everything that the server needs whether it is there, all at once. An answer is good for a second:
/// whoever asks needs no token, and must not be able to load the dependencies.
public final class Readiness implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);
    private static final Duration PATIENCE = Duration.ofSeconds(6);
    private static final Duration GOOD_FOR = Duration.ofSeconds(1);

    /// @param problems one sentence for each dependency, empty when all is well with it
    public record Outcome(Map<String, Optional<String>> problems, Instant at) {
        public boolean isReady() {
            return problems.values().stream().allMatch(Optional::isEmpty);
        }
    }

    private final List<DependencyCheck> checks;
    private final Clock clock;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private @Nullable Outcome latest;

    public Readiness(List<DependencyCheck> checks, Clock clock) {
        this.checks = List.copyOf(checks);
        this.clock = clock;
    }

    public synchronized Outcome outcome() {
        Instant now = clock.instant();
        Outcome known = latest;
        if (known != null && now.isBefore(known.at().plus(GOOD_FOR))) {
            return known;
        }
        Map<String, Future<Optional<String>>> asked = new LinkedHashMap<>();
        for (DependencyCheck check : checks) {
            asked.put(check.name(), executor.submit(() -> check.problem().get()));
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Map<String, Optional<String>> problems = new LinkedHashMap<>();
        asked.forEach((name, future) -> problems.put(name, problem(name, future, deadline)));
        Outcome outcome = new Outcome(problems, clock.instant());
        latest = outcome;
        return outcome;
    }

    private static Optional<String> problem(String name, Future<Optional<String>> future, long deadline) {
        try {
            return future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            future.cancel(true);
            return Optional.of("does not answer");
        } catch (ExecutionException e) {
            LOG.warn("{} is not ready", name, e.getCause());
            return Optional.of("cannot be reached");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("was not asked");
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
