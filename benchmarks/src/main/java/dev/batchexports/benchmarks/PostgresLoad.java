package dev.batchexports.benchmarks;

import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/// The transfer path into a table of PostgreSQL, beside the fastest way that a person has at hand: ClickHouse's own
/// bytes piped straight into `psql \copy`, which keeps no promise at all. Both take turns, so that a machine that is
/// busy is busy for both; the tables are compared afterwards.
///
/// Needs `curl` and `psql` on the path.
final class PostgresLoad implements AutoCloseable {
    private static final String SCHEMA = "benchmark";
    private static final String EXPORTED = SCHEMA + ".exported";
    private static final String PIPED = SCHEMA + ".piped";
    private static final String COLUMNS = Rows.COLUMNS.replaceAll("\\w+", "\"$0\"");
    private static final double MEGA = 1e6;

    private final Laboratory laboratory;
    private final Rows rows;
    private final Consumer<String> progress;
    private final TransferPath transfer;
    private final Metadata database;

    PostgresLoad(Laboratory laboratory, Rows rows, TransferPath.Sizes sizes, Consumer<String> progress) {
        this.laboratory = laboratory;
        this.rows = rows;
        this.progress = progress;
        this.transfer = new TransferPath(laboratory, sizes);
        this.database = new Metadata(laboratory);
    }

    /// @param client of the transfer path
    /// @param server of PostgreSQL meanwhile
    record Export(double seconds, Usage client, Usage server) {}

    /// @param pipeSeconds of the pipe
    record Round(double pipeSeconds, Export export) {
        /// The speed of the transfer path, in parts of the pipe's.
        double ratio() {
            return pipeSeconds / export.seconds();
        }
    }

    /// The programs that are needed and not installed.
    static List<String> missing() {
        List<String> missing = new ArrayList<>(List.of("curl", "psql"));
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            missing.removeIf(program -> Files.isExecutable(Path.of(folder, program)));
        }
        return missing;
    }

    /// @throws IllegalStateException when the two tables do not hold the same rows
    List<Round> run(int count) throws InterruptedException {
        if (!missing().isEmpty()) {
            throw new IllegalStateException("Install " + missing() + " and put it on the PATH.");
        }
        progress.accept(
                "%,d rows, %.1f MB as JSON lines, into PostgreSQL".formatted(rows.count(), rows.rawBytes() / MEGA));
        database.run("CREATE SCHEMA " + SCHEMA);
        // The first time warms up the program, and makes the table that the other one is made after.
        Usage _ = transfer.load(rows, SCHEMA, "exported");
        database.run("CREATE TABLE %s AS SELECT %s FROM %s WITH NO DATA".formatted(PIPED, COLUMNS, EXPORTED));
        List<Round> rounds = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            Round round = number % 2 == 1 ? pipeFirst() : exportFirst();
            requireSameRows();
            rounds.add(round);
            progress.accept(String.format(
                    Locale.ROOT,
                    "  round %d: psql %.1f s, transfer path %.1f s: %.2f of its speed; client %.1f CPU s, %.0f MB;"
                            + " PostgreSQL %.1f CPU s, %.0f MB",
                    number,
                    round.pipeSeconds(),
                    round.export().seconds(),
                    round.ratio(),
                    round.export().client().cpuSeconds(),
                    round.export().client().peakBytes() / MEGA,
                    round.export().server().cpuSeconds(),
                    round.export().server().peakBytes() / MEGA));
        }
        double piped = rounds.stream().mapToDouble(Round::pipeSeconds).sum();
        double exported =
                rounds.stream().mapToDouble(round -> round.export().seconds()).sum();
        progress.accept(String.format(Locale.ROOT, "All rounds: %.2f of the speed of psql", piped / exported));
        return rounds;
    }

    private Round pipeFirst() throws InterruptedException {
        double piped = pipe();
        return new Round(piped, export());
    }

    private Round exportFirst() throws InterruptedException {
        Export export = export();
        return new Round(pipe(), export);
    }

    private Export export() {
        database.run("TRUNCATE " + EXPORTED);
        database.run("CHECKPOINT");
        Meter server = laboratory.meterOf(Component.POSTGRES);
        long started = System.nanoTime();
        Usage client = transfer.load(rows, SCHEMA, "exported");
        double seconds = (System.nanoTime() - started) / 1e9;
        return new Export(seconds, client, server.stop());
    }

    private double pipe() throws InterruptedException {
        database.run("TRUNCATE " + PIPED);
        database.run("CHECKPOINT");
        Connections connections = laboratory.connections();
        URI uri = URI.create(connections.databaseUrl().substring("jdbc:".length()));
        ProcessBuilder builder = new ProcessBuilder(
                        "bash",
                        "-c",
                        "set -o pipefail; curl --fail --silent --show-error --data-binary \"$QUERY\" \"$CLICKHOUSE\""
                                + " -H \"X-ClickHouse-User: $CLICKHOUSE_USER\" -H \"X-ClickHouse-Key: $CLICKHOUSE_KEY\""
                                + " | psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --command \"$COPY\"")
                .redirectErrorStream(true)
                .redirectOutput(log().toFile());
        builder.environment()
                .putAll(Map.ofEntries(
                        Map.entry("CLICKHOUSE", connections.clickhouseUrl() + "/?date_time_output_format=iso"),
                        Map.entry("CLICKHOUSE_USER", connections.clickhouseUser()),
                        Map.entry("CLICKHOUSE_KEY", connections.clickhousePassword()),
                        Map.entry("QUERY", rows.query() + " FORMAT TabSeparated"),
                        Map.entry("COPY", "\\copy " + PIPED + " from pstdin"),
                        Map.entry("PGHOST", uri.getHost()),
                        Map.entry("PGPORT", Integer.toString(uri.getPort())),
                        Map.entry("PGDATABASE", uri.getPath().substring(1)),
                        Map.entry("PGUSER", connections.databaseUser()),
                        Map.entry("PGPASSWORD", connections.databasePassword())));
        long started = System.nanoTime();
        try {
            int status = builder.start().waitFor();
            if (status != 0) {
                throw new IllegalStateException("curl or psql ended with " + status + ", see " + log());
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return (System.nanoTime() - started) / 1e9;
    }

    private Path log() {
        return laboratory.logs().resolve("psql.log");
    }

    private void requireSameRows() {
        List<String> exported = content(EXPORTED);
        List<String> piped = content(PIPED);
        if (!exported.equals(piped) || !exported.getFirst().equals(Long.toString(rows.count()))) {
            throw new IllegalStateException("The tables differ: count and hash are " + exported + " and " + piped);
        }
    }

    private List<String> content(String table) {
        return database.query("SELECT count(*), sum(hashtextextended(row(%s)::text, 0)::numeric) FROM %s"
                        .formatted(COLUMNS, table))
                .getFirst();
    }

    @Override
    public void close() {
        transfer.close();
        database.close();
    }
}
