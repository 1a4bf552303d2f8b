package dev.batchexports.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
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
    /// Of the file that holds PostgreSQL's data; it takes as much room as is written.
    private static final long DISK_BYTES = 8L << 30;

    @Option(names = "--seed", defaultValue = "1", description = "the faults follow from it (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(
            names = "--faults",
            defaultValue = "60",
            description = "how many have to strike (default: ${DEFAULT-VALUE})")
    private int faults;

    @Option(
            names = "--minutes",
            defaultValue = "5",
            description = "in which so many are tried; it takes up to six times as long until so many have struck"
                    + " (default: ${DEFAULT-VALUE})")
    private double minutes;

    @Option(
            names = "--full-disk",
            description = "fills PostgreSQL's disk too: a file system of its own, which only root can mount")
    private boolean fullDisk;

    @Option(names = "--report", description = "a Markdown file to write, as it goes")
    private @Nullable Path report;

    /// Called by picocli.
    public Chaos() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Chaos()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        CampaignLog log = new CampaignLog(System.out);
        Duration time = Duration.ofMillis(Math.round(minutes * 60_000));
        log.say("starting everything");
        if (fullDisk) {
            System.setProperty(Installation.DISK, Long.toString(DISK_BYTES));
        }
        Installation installation = Installation.get();
        log.say("logs and data are in " + installation.folder);
        CampaignReport found = new Campaign(installation, seed, faults, time, log, this::write).run();
        System.out.println(found.markdown());
        write(found);
        if (found.hurt() < faults) {
            log.say("only %d of %d faults have struck in the time".formatted(found.hurt(), faults));
        }
        if (found.findings().isEmpty()) {
            log.say("nothing lost, nothing twice, nothing torn, nothing left behind");
            return 0;
        }
        log.say("repeat with: " + found.command());
        return 1;
    }

    private void write(CampaignReport found) {
        if (report != null) {
            try {
                Files.writeString(report, found.markdown());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
