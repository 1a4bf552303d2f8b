package dev.batchexports.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The entry of `bx chaos`.
@Command(
        name = "bx chaos",
        mixinStandardHelpOptions = true,
        description = "Runs exports while everything breaks, and checks that each row arrives exactly once.")
public final class Chaos implements Callable<Integer> {
    @Option(names = "--seed", defaultValue = "1", description = "the faults follow from it (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(names = "--faults", defaultValue = "60", description = "how many (default: ${DEFAULT-VALUE})")
    private int faults;

    @Option(names = "--minutes", defaultValue = "5", description = "how long (default: ${DEFAULT-VALUE})")
    private double minutes;

    @Option(names = "--report", description = "a Markdown file to write")
    private @Nullable Path report;

    /// Called by picocli.
    public Chaos() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Chaos()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        CampaignLog log = new CampaignLog(System.out);
        Duration time = Duration.ofMillis(Math.round(minutes * 60_000));
        log.say("starting everything");
        Installation installation = Installation.get();
        log.say("logs and data are in " + installation.folder);
        CampaignReport found = new Campaign(installation, seed, faults, time, log).run();
        System.out.println(found.markdown());
        if (report != null) {
            Files.writeString(report, found.markdown());
        }
        if (found.findings().isEmpty()) {
            log.say("nothing lost, nothing twice, nothing torn, nothing left behind");
            return 0;
        }
        log.say("repeat with: " + found.command());
        return 1;
    }
}
