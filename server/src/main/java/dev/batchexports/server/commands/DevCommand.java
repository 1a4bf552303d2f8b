package dev.batchexports.server.commands;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `bx dev`: everything on this machine, with the tables of the built-in models, without sample data.
@Command(
        name = "dev",
        mixinStandardHelpOptions = true,
        description = {
            "Starts everything on this machine: Temporal, ClickHouse, S3, PostgreSQL, the API and a worker.",
            "A component whose BX_* variable is set is used instead of the embedded one."
        })
public final class DevCommand implements Callable<Integer> {
    @Option(
            names = "--data-dir",
            defaultValue = "${env:BX_DATA_DIR:-.bx/data}",
            description = "Where data, logs and connection.json are kept (default: ${DEFAULT-VALUE}).")
    private Path dataFolder = Path.of(".bx/data");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        LocalInstallation installation = LocalInstallation.start(dataFolder, connections -> {}, line -> {
            out.println("  " + line);
            out.flush();
        });
        Addresses.print(out, installation, dataFolder);
        out.println();
        out.println("Press Ctrl-C to stop; the data is kept.");
        out.flush();
        Thread.currentThread().join();
        return 0;
    }
}
