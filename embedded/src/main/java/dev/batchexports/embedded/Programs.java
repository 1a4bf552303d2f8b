package dev.batchexports.embedded;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Small programs of the operating system.
final class Programs {
    private Programs() {}

    /// What a program came to.
    ///
    /// @param output what it wrote, errors included
    record Outcome(int status, String output) {
        boolean succeeded() {
            return status == 0;
        }
    }

    static boolean exists(String name) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }

    static Outcome run(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Outcome(process.waitFor(), output);
        } catch (IOException failure) {
            throw new EmbeddedException("The program " + command.getFirst() + " could not be run.", failure);
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw new EmbeddedException("The program " + command.getFirst() + " was interrupted.", failure);
        }
    }
}
