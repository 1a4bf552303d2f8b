package dev.batchexports.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `bx benchmark`.
@Command(
        name = "benchmark",
        mixinStandardHelpOptions = true,
        description = {
            "Measures exports to S3 on this machine beside the engine alone and, with --peers, beside dlt and Sling.",
            "Everything that takes part is started for it and ended with it; what was written is read back and compared."
        })
public final class BenchmarkCommand implements Callable<Integer> {
    private static final long QUICK_ROWS = 50_000;

    @Option(names = "--rows", defaultValue = "3000000", description = "About how many (default: ${DEFAULT-VALUE}).")
    private long wantedRows;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "How often each is measured (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--peers", description = "Measure dlt and Sling too, where they could be installed.")
    private boolean withPeers;

    @Option(names = "--peers-dir", description = "The Python environment that holds them.")
    private Path peers = Path.of(".bx", "peers");

    @Option(names = "--quick", description = "Few rows, once: shows that everything works, in less than 2 minutes.")
    private boolean quick;

    @Option(
            names = "--herd",
            paramLabel = "N",
            description = "Instead: N exports that fire at the same moment; reports how long each waited.")
    private int herd;

    @Option(
            names = "--workers",
            split = ",",
            paramLabel = "N",
            description =
                    "Instead: one big interval by so many workers, for example 1,2,4, and by some that come and go.")
    private List<Integer> workers = List.of();

    @Option(names = "--cost", description = "Instead: what an empty run and a run of few rows cost.")
    private boolean cost;

    @Option(
            names = "--postgres",
            description = "Instead: the transfer path into PostgreSQL beside ClickHouse piped into psql.")
    private boolean postgres;

    @Option(names = "--cost-runs", defaultValue = "60", description = "Runs whose cost is measured.")
    private int costRuns;

    @Option(names = "--cost-warm-up", defaultValue = "200", description = "Runs before them.")
    private int costWarmUp;

    @Option(names = "--slice-bytes", defaultValue = "536870912", description = "Raw bytes of a slice.")
    private long sliceBytes;

    @Option(names = "--slices", defaultValue = "3", description = "Slices at once, in the transfer path alone.")
    private int slices;

    @Option(names = "--formats", split = ",", description = "Those of ${COMPLETION-CANDIDATES} (default: all).")
    private List<Format> formats = Arrays.asList(Format.values());

    @Option(names = "--java-options", description = "For server, worker and transfer path: a profiler, for example.")
    private String javaOptions = "";

    @Option(names = "--report", description = "The page to write the figures into, for example docs/benchmark.md.")
    private @Nullable Path page;

    @Option(names = "--data-dir", description = "Where the data lies while it runs (default: a temporary folder).")
    private @Nullable Path dataFolder;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /// Ends with 1 when a program failed or wrote other rows than the table's.
    public static void main(String[] arguments) {
        int status = new CommandLine(new BenchmarkCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((exception, commandLine, result) -> {
                    exception.printStackTrace(commandLine.getErr());
                    return 1;
                })
                .execute(arguments);
        System.exit(status);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Machine machine = Machine.here();
        Path folder = dataFolder == null ? Files.createTempDirectory("bx-benchmark") : dataFolder;
        Map<String, String> worker = new HashMap<>();
        worker.put("BX_WORKER_SLICE_BYTES", Long.toString(sliceBytes));
        worker.put("BX_JAVA_OPTS", javaOptions);
        if (!workers.isEmpty()) {
            worker.putAll(ScaleOut.settings(wantedRows));
        }
        try (Laboratory laboratory = Laboratory.open(folder, worker, this::say)) {
            if (herd > 0) {
                say(new Herd(laboratory, this::say).run(herd));
            } else if (!workers.isEmpty()) {
                Rows rows = Rows.make(laboratory.clickhouse(), laboratory.connections(), wantedRows);
                new ScaleOut(laboratory, rows, this::say).run(workers);
            } else if (postgres) {
                Rows rows =
                        Rows.make(laboratory.clickhouse(), laboratory.connections(), quick ? QUICK_ROWS : wantedRows);
                try (PostgresLoad load =
                        new PostgresLoad(laboratory, rows, new TransferPath.Sizes(sliceBytes, slices), this::say)) {
                    load.run(quick ? 1 : rounds);
                }
            } else if (cost) {
                new RunCost(laboratory, costRuns, costWarmUp, this::say).run();
            } else {
                compare(laboratory, machine);
            }
        } finally {
            if (dataFolder == null) {
                delete(folder);
            }
        }
        return 0;
    }

    private static void delete(Path folder) throws IOException {
        List<Path> paths;
        try (Stream<Path> found = Files.walk(folder)) {
            paths = new ArrayList<>(found.toList());
        }
        for (Path path : paths.reversed()) {
            Files.deleteIfExists(path);
        }
    }

    private void compare(Laboratory laboratory, Machine machine) throws IOException, InterruptedException {
        Rows rows = Rows.make(laboratory.clickhouse(), laboratory.connections(), quick ? QUICK_ROWS : wantedRows);
        say("%,d rows, %.1f MB as JSON lines".formatted(rows.count(), rows.rawBytes() / 1e6));
        List<String> skipped = new ArrayList<>();
        List<Contender> contenders = new ArrayList<>();
        try {
            contenders.add(EngineAlone.asItIs(laboratory.clickhouse()));
            contenders.add(EngineAlone.tuned(laboratory.clickhouse()));
            contenders.add(new TransferPath(laboratory, new TransferPath.Sizes(sliceBytes, slices)));
            contenders.add(new WholeRun(laboratory));
            if (withPeers) {
                addPeers(laboratory, contenders, skipped);
            }
            Comparison comparison = new Comparison(laboratory, rows, this::say);
            if (!quick) {
                comparison.warmUp(contenders, formats);
            }
            List<Measurement> measurements = comparison.run(contenders, formats, quick ? 1 : rounds);
            skipped.addAll(comparison.failed());
            Report report = new Report(rows, machine, measurements, skipped);
            say(report.summary());
            if (page != null) {
                report.write(page);
                say("Written to " + page);
            }
        } finally {
            contenders.forEach(Contender::close);
        }
    }

    private void addPeers(Laboratory laboratory, List<Contender> contenders, List<String> skipped) {
        for (Peer.Program program : Peer.Program.values()) {
            String missing = Peer.missing(program, peers.toAbsolutePath());
            if (missing.isEmpty()) {
                contenders.add(new Peer(program, laboratory, peers.toAbsolutePath()));
            } else {
                skipped.add(program.title() + ": " + missing);
            }
        }
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
