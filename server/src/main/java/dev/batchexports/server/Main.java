package dev.batchexports.server;

import dev.batchexports.cli.ClientCommands;
import dev.batchexports.server.commands.DemoCommand;
import dev.batchexports.server.commands.DevCommand;
import dev.batchexports.server.commands.ServerCommand;
import dev.batchexports.server.commands.WorkerCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The entry of `bx`.
@Command(
        name = "bx",
        mixinStandardHelpOptions = true,
        version = "Batch Exports 0.1.0",
        description = "Copies data from ClickHouse to where people use it, on a schedule, in batches, reliably.",
        subcommands = {DemoCommand.class, DevCommand.class, ServerCommand.class, WorkerCommand.class})
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /// All commands, as a person types them.
    public static CommandLine commandLine() {
        return ClientCommands.addTo(new CommandLine(new Main()))
                .setExecutionExceptionHandler((exception, commandLine, result) -> {
                    commandLine
                            .getErr()
                            .println(ClientCommands.explanation(exception)
                                    .orElseGet(() -> "bx: " + StartFailure.sentence(exception)));
                    return 1;
                });
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command.");
    }
}
