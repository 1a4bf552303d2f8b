package dev.batchexports.server.commands;

import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.sample.ClickHouseEndpoint;
import dev.batchexports.embedded.sample.LandingRows;
import dev.batchexports.embedded.sample.SampleData;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `bx demo`: the main job on this machine, from sample events to counted files.
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Starts everything on this machine, loads sample events, exports them to S3 by schedule and by backfill,",
            "reads the files back and compares. Keeps running until Ctrl-C; with --exit it ends with status 0 only if",
            "every run completed and every count agrees."
        })
public final class DemoCommand implements Callable<Integer> {
    @Option(
            names = "--data-dir",
            defaultValue = "${env:BX_DATA_DIR:-.bx/data}",
            description = "Where data, logs and connection.json are kept (default: ${DEFAULT-VALUE}).")
    private Path dataFolder = Path.of(".bx/data");

    @Option(names = "--exit", description = "End after the result.")
    private boolean exit;

    @Option(
            names = "--rows",
            defaultValue = "2000000",
            description = "Sample events to load the first time (default: ${DEFAULT-VALUE}).")
    private long rows = 2_000_000;

    @Option(
            names = "--days",
            defaultValue = "4",
            description = "Days over which they landed (default: ${DEFAULT-VALUE}).")
    private int days = 4;

    @Option(names = "--with", description = "Export to a further destination too: ${COMPLETION-CANDIDATES}.")
    private Set<DemoDestination> further = EnumSet.noneOf(DemoDestination.class);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        Screen screen = new Screen(out);
        screen.title("Starting the components");
        try (LocalInstallation installation = LocalInstallation.start(
                        dataFolder, connections -> loadSample(connections, screen), screen::line);
                SampleData sample =
                        new SampleData(ClickHouseEndpoint.of(installation.connections()), (loaded, total) -> {});
                LandingRows landing = sample.startLanding(50)) {
            boolean good = new DemoStory(installation, further, screen).tell();
            screen.line("%,d rows have landed while you watched.".formatted(landing.landed()));
            Addresses.print(out, installation, dataFolder);
            if (!exit) {
                out.println();
                out.println("The schedules go on. Press Ctrl-C to stop; the data is kept.");
                out.flush();
                Thread.currentThread().join();
            }
            return good ? 0 : 1;
        }
    }

    private void loadSample(Connections connections, Screen screen) {
        screen.title("Sample events");
        try (SampleData sample = new SampleData(
                ClickHouseEndpoint.of(connections),
                (loaded, total) -> screen.progress("loading sample events", loaded, total))) {
            long added = sample.load(rows, days, Instant.now());
            screen.line("%,d events added, %,d in the table `events`".formatted(added, sample.count()));
        }
    }
}
