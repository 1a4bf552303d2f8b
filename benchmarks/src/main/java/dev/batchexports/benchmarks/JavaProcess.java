package dev.batchexports.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A process of this program with a virtual machine of its own, set up as `./bx worker` sets it up, so that what it
/// uses can be told from what the benchmark uses.
final class JavaProcess implements AutoCloseable {
    private static final long GOODBYE_SECONDS = 15;

    /// The property that names the file of Java options which `./bx worker` uses.
    private static final String ARGUMENTS = "batchexports.worker.arguments";

    private final Process process;

    private JavaProcess(Process process) {
        this.process = process;
    }

    /// @param log takes standard error, and standard output unless lines are talked
    static JavaProcess start(
            Path log, Talk talk, Map<String, String> environment, String mainClass, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "@" + System.getProperty(ARGUMENTS, "../scripts/worker.args")));
        command.addAll(options(environment));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        if (talk == Talk.NONE) {
            builder.redirectErrorStream(true).redirectOutput(log.toFile());
        }
        builder.environment().keySet().removeIf(name -> name.startsWith("BX_"));
        builder.environment().put("MALLOC_ARENA_MAX", "2");
        builder.environment().putAll(environment);
        try {
            JavaProcess started = new JavaProcess(builder.start());
            Runtime.getRuntime().addShutdownHook(new Thread(started.process::destroyForcibly));
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    enum Talk {
        NONE,
        /// Lines go to and come from the process.
        LINES
    }

    private static List<String> options(Map<String, String> environment) {
        String options = environment.getOrDefault("BX_JAVA_OPTS", "").strip();
        return options.isEmpty() ? List.of() : List.of(options.split(" +", -1));
    }

    long pid() {
        return process.pid();
    }

    Process process() {
        return process;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(GOODBYE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
