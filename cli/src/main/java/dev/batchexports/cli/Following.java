package dev.batchexports.cli;

import picocli.CommandLine.Option;

/// Whether a command is to go on printing what comes.
final class Following {
    @Option(
            names = {"-f", "--follow"},
            description = "Go on with lines as they come: until the run has finished, or until Ctrl-C.")
    private boolean wanted;

    boolean isWanted() {
        return wanted;
    }
}
