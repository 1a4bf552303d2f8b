package dev.batchexports.cli;

import picocli.CommandLine.Option;

/// Whether a command is to wait for what it has started.
final class Waiting {
    @Option(
            names = {"--wait", "--watch"},
            description =
                    "Wait until it has finished, and show how far it is; the exit status is 1 unless it completes.")
    private boolean wanted;

    boolean isWanted() {
        return wanted;
    }
}
