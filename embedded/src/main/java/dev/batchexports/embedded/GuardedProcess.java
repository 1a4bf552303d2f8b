package dev.batchexports.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One process of a component, under a guard that ends it when this virtual machine ends, even by SIGKILL.
///
/// The guard (`guard.sh`) waits for the end of the pipe from this process. Between guard and component the kernel's
/// parent
/// death signal covers the case that the guard itself is killed. Both are in a session of their own, so that Ctrl-C
/// on a
/// terminal reaches this process alone and the components stay up until it is done with them.
final class GuardedProcess {
    private static final Duration LONGEST_WAIT_FOR_LOCK = Duration.ofSeconds(30);

    private final Process guard;
    private final ProcessHandle component;

    private GuardedProcess(Process guard, ProcessHandle component) {
        this.guard = guard;
        this.component = component;
    }

    /// What to run.
    ///
    /// @param command the program and its arguments; it may replace itself by another, but must not fork into the
    ///     background
    /// @param environment added to the environment of this process
    /// @param stopSignal asks the program to end in order, such as `TERM`
    /// @param stopTime after which it is killed
    record Launch(List<String> command, Map<String, String> environment, String stopSignal, Duration stopTime) {
        Launch {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
        }
    }

    /// Starts a process once no other one holds the lock.
    ///
    /// @param lock is held by the process and all its children while they live
    /// @param log takes what the process writes, after what is there
    static GuardedProcess start(Launch launch, Path lock, Path log) {
        List<String> command = new ArrayList<>();
        if (Programs.exists("setsid")) {
            command.add("setsid");
        }
        command.addAll(List.of(
                "bash",
                "-c",
                script(),
                "guard",
                launch.stopSignal(),
                Long.toString(launch.stopTime().toSeconds()),
                lock.toString(),
                log.toString()));
        command.addAll(launch.command());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(launch.environment());
        Process guard;
        try {
            guard = builder.start();
        } catch (IOException failure) {
            throw new EmbeddedException("A process could not be started; bash is needed for that.", failure);
        }
        return new GuardedProcess(guard, component(guard, lock));
    }

    private static ProcessHandle component(Process guard, Path lock) {
        String line = firstLine(guard);
        if (line == null || line.equals("busy")) {
            end(guard);
            throw new EmbeddedException("The folder " + lock.getParent()
                    + " is still in use by another process: end that one, or choose another folder.");
        }
        long pid = Long.parseLong(line);
        return ProcessHandle.of(pid)
                .orElseThrow(() -> new EmbeddedException("The process " + pid + " ended as soon as it had started."));
    }

    private static @Nullable String firstLine(Process guard) {
        CompletableFuture<@Nullable String> line = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                BufferedReader reader = guard.inputReader(StandardCharsets.UTF_8);
                line.complete(reader.readLine());
            } catch (IOException failure) {
                line.completeExceptionally(failure);
            }
        });
        try {
            return line.get(LONGEST_WAIT_FOR_LOCK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            end(guard);
            throw new EmbeddedException("The start was interrupted.", failure);
        } catch (ExecutionException | TimeoutException failure) {
            end(guard);
            throw new EmbeddedException("A process could not be started.", failure);
        }
    }

    /// The prefix of a command that the kernel is to kill when the guard ends. Give it after anything that changes
    /// users.
    static List<String> diesWithItsGuard() {
        return Programs.exists("setpriv") ? List.of("setpriv", "--pdeathsig", "KILL") : List.of();
    }

    long pid() {
        return component.pid();
    }

    boolean alive() {
        return guard.isAlive();
    }

    /// Waits for the end of the component.
    ///
    /// @return its exit status; 128 and more is a signal
    int awaitExit() throws InterruptedException {
        return guard.waitFor();
    }

    /// Asks the component to end, kills it if it does not, and waits for either.
    void stop() {
        end(guard);
    }

    /// Ends the component and its children with SIGKILL, and waits for that.
    void kill() {
        List<ProcessHandle> family = family();
        family.forEach(ProcessHandle::destroyForcibly);
        end(guard);
    }

    /// Stops the component and its children where they are, until [#resume]. To others they look like a machine that
    /// does
    /// not answer.
    void pause() {
        signal("STOP");
    }

    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        Stream<String> pids = family().stream().map(handle -> Long.toString(handle.pid()));
        Programs.run(
                Stream.concat(Stream.of("bash", "-c", "kill -" + name + " \"$@\"", "kill"), pids)
                        .toList(),
                Map.of());
    }

    private List<ProcessHandle> family() {
        return Stream.concat(Stream.of(component), component.descendants()).toList();
    }

    private static void end(Process guard) {
        try {
            guard.getOutputStream().close();
            guard.waitFor();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException _) {
            guard.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private static String script() {
        try (InputStream script = GuardedProcess.class.getResourceAsStream("guard.sh")) {
            if (script == null) {
                throw new IllegalStateException("The resource guard.sh is missing from the build.");
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
