package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Temporal's own command line, as an operator uses it.
final class TemporalCommand {
    private final Installation installation;

    TemporalCommand(Installation installation) {
        this.installation = installation;
    }

    /// What a command that succeeds prints.
    String output(String... arguments) throws IOException, InterruptedException {
        Process process = run(arguments);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    /// The status that a command exits with.
    int status(String... arguments) throws IOException, InterruptedException {
        Process process = run(arguments);
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    private Process run(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Tools.locate().temporal().toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--address", installation.connections.temporalAddress()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }
}
