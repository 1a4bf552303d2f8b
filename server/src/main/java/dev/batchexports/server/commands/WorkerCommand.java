package dev.batchexports.server.commands;

import dev.batchexports.server.ServerApplication;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `bx worker`: executes runs. Start as many as are wanted, on as many machines.
@Command(
        name = "worker",
        mixinStandardHelpOptions = true,
        description = "Runs a worker that executes runs, configured by BX_* environment variables.")
public final class WorkerCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException {
        ServerApplication.start(Map.of("bx.role", "worker"));
        Stop.announce(spec.commandLine().getOut());
        Thread.currentThread().join();
        return 0;
    }
}
