package dev.batchexports.server.commands;

import dev.batchexports.server.ServerApplication;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `bx server`: the API, and the reconciler. With `--with-worker` it executes runs too, as one process
/// for all.
@Command(
        name = "server",
        mixinStandardHelpOptions = true,
        description = "Runs the API, configured by BX_* environment variables.")
public final class ServerCommand implements Callable<Integer> {
    @Option(names = "--with-worker", description = "Execute runs in this process too.")
    private boolean withWorker;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException {
        ServerApplication.start(Map.of("bx.role", withWorker ? "all" : "api"));
        Stop.announce(spec.commandLine().getOut());
        Thread.currentThread().join();
        return 0;
    }
}
