package dev.batchexports.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One component over its life: starts it, waits until it is ready, and starts it again if it ends by itself.
final class Supervised {
    private static final Duration LONGEST_START = Duration.ofSeconds(90);
    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(25);
    private static final int PORT_ATTEMPTS = 3;
    private static final int LOG_LINES = 15;
    private static final long LARGEST_LOG_BYTES = 10L << 20;
    private static final int MOST_RESTARTS = 5;
    private static final Duration RESTART_WINDOW = Duration.ofMinutes(1);
    private static final Pattern PORT_TAKEN =
            Pattern.compile("address already in use|could not bind|already in use", Pattern.CASE_INSENSITIVE);

    private final Service service;
    private final Ports ports;
    private final Path lock;
    private final Path log;
    private final Consumer<String> progress;
    private final ReentrantLock changes = new ReentrantLock();
    private final Deque<Instant> restarts = new ArrayDeque<>();
    private @Nullable GuardedProcess process;
    private boolean paused;

    Supervised(Service service, Ports ports, Path lock, Path log, Consumer<String> progress) {
        this.service = service;
        this.ports = ports;
        this.lock = lock;
        this.log = log;
        this.progress = progress;
    }

    Service service() {
        return service;
    }

    /// Starts the component for the first time, on ports of its own choice.
    void startFirst() {
        changes.lock();
        try {
            awaitFormerProcess();
            for (int attempt = 1; ; attempt++) {
                service.choosePorts(ports);
                try {
                    startLocked();
                    return;
                } catch (EmbeddedException failure) {
                    if (attempt == PORT_ATTEMPTS
                            || !PORT_TAKEN
                                    .matcher(String.valueOf(failure.getMessage()))
                                    .find()) {
                        throw failure;
                    }
                }
            }
        } finally {
            changes.unlock();
        }
    }

    /// A process that a killed virtual machine left behind is still ending: its ports are about to be free.
    private void awaitFormerProcess() {
        if (Programs.exists("flock")) {
            Programs.run(List.of("flock", "-w", "20", lock.toString(), "true"), Map.of());
        }
    }

    /// Starts the component again, on the same ports and the same data.
    void start() {
        changes.lock();
        try {
            if (process == null) {
                startLocked();
            }
        } finally {
            changes.unlock();
        }
    }

    private void startLocked() {
        Instant begin = Instant.now();
        long logBegin = rotatedLog();
        GuardedProcess started = GuardedProcess.start(service.launch(), lock, log);
        boolean ready = false;
        try {
            awaitReady(started, begin, logBegin);
            ready = true;
        } finally {
            if (!ready) {
                started.kill();
            }
        }
        process = started;
        paused = false;
        Thread.ofVirtual().name("watch-" + service.component()).start(() -> watch(started));
        progress.accept("%s is ready after %.1f s: %s"
                .formatted(
                        service.component().displayName(),
                        Duration.between(begin, Instant.now()).toMillis() / 1000.0,
                        service.address()));
    }

    private void awaitReady(GuardedProcess started, Instant begin, long logBegin) {
        String name = service.component().displayName();
        while (!service.ready()) {
            if (!started.alive()) {
                throw new EmbeddedException(name + " ended while it started; " + endOfLog(logBegin));
            }
            if (Duration.between(begin, Instant.now()).compareTo(LONGEST_START) > 0) {
                throw new EmbeddedException("%s was not ready within %d s; %s"
                        .formatted(name, LONGEST_START.toSeconds(), endOfLog(logBegin)));
            }
            try {
                Thread.sleep(BETWEEN_QUESTIONS);
            } catch (InterruptedException failure) {
                Thread.currentThread().interrupt();
                throw new EmbeddedException("The start of " + name + " was interrupted.", failure);
            }
        }
    }

    private void watch(GuardedProcess watched) {
        try {
            ended(watched, watched.awaitExit());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Starts the component again, unless somebody here asked for its end.
    private void ended(GuardedProcess ended, int status) {
        changes.lock();
        try {
            if (process != ended) {
                return;
            }
            process = null;
            String name = service.component().displayName();
            Instant now = Instant.now();
            restarts.removeIf(former -> former.isBefore(now.minus(RESTART_WINDOW)));
            if (restarts.size() >= MOST_RESTARTS) {
                progress.accept("%s ended %d times within a minute and is not started again; its log is %s"
                        .formatted(name, MOST_RESTARTS + 1, log));
                return;
            }
            restarts.add(now);
            progress.accept("%s ended with status %d and is started again; its log is %s".formatted(name, status, log));
            startLocked();
        } catch (EmbeddedException failure) {
            progress.accept(String.valueOf(failure.getMessage()));
        } finally {
            changes.unlock();
        }
    }

    void stop() {
        changes.lock();
        try {
            GuardedProcess running = process;
            process = null;
            if (running != null) {
                if (paused) {
                    running.resume();
                }
                running.stop();
                service.cleanUp();
            }
        } finally {
            changes.unlock();
        }
    }

    void kill() {
        changes.lock();
        try {
            GuardedProcess running = process;
            process = null;
            if (running != null) {
                running.kill();
                service.cleanUp();
            }
        } finally {
            changes.unlock();
        }
    }

    void pause() {
        changes.lock();
        try {
            running().pause();
            paused = true;
        } finally {
            changes.unlock();
        }
    }

    void resume() {
        changes.lock();
        try {
            running().resume();
            paused = false;
        } finally {
            changes.unlock();
        }
    }

    long pid() {
        changes.lock();
        try {
            return running().pid();
        } finally {
            changes.unlock();
        }
    }

    private GuardedProcess running() {
        if (process == null) {
            throw new EmbeddedException(service.component().displayName() + " is not running: start it first.");
        }
        return process;
    }

    /// Keeps one former log, and returns where this start's part begins.
    private long rotatedLog() {
        try {
            if (!Files.exists(log)) {
                return 0;
            }
            long size = Files.size(log);
            if (size < LARGEST_LOG_BYTES) {
                return size;
            }
            Files.move(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            return 0;
        } catch (IOException failure) {
            throw new EmbeddedException("The log " + log + " cannot be used: check its permissions.", failure);
        }
    }

    private String endOfLog(long begin) {
        String head = "its log is " + log;
        try {
            byte[] bytes = Files.readAllBytes(log);
            int from = (int) Math.min(begin, bytes.length);
            List<String> lines = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            if (lines.isEmpty()) {
                return head + " and says nothing.";
            }
            return head + " and ends with:\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        } catch (IOException failure) {
            return head + " and cannot be read: " + failure.getMessage();
        }
    }
}
