package dev.batchexports.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The benchmark measures what it says, on few rows.
class BenchmarkTest {
    private static final long FEW_ROWS = 5_000;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void measuresVerifiesAndReports() throws Exception {
        try (Laboratory laboratory = Laboratory.open(folder.resolve("data"), Map.of(), line -> {})) {
            Rows rows = Rows.make(laboratory.clickhouse(), laboratory.connections(), FEW_ROWS);
            List<Format> formats = List.of(Format.JSON_GZIP, Format.PARQUET_ZSTD);
            try (TransferPath transfer = new TransferPath(laboratory, new TransferPath.Sizes(64 << 20, 2))) {
                List<Contender> contenders = List.of(
                        EngineAlone.asItIs(laboratory.clickhouse()),
                        EngineAlone.tuned(laboratory.clickhouse()),
                        transfer,
                        new WholeRun(laboratory));

                List<Measurement> measurements =
                        new Comparison(laboratory, rows, line -> {}).run(contenders, formats, 1);

                // The tuned engine writes Parquet alone.
                assertThat(measurements).hasSize(7).allSatisfy(each -> {
                    assertThat(each.seconds()).isPositive();
                    assertThat(each.files()).isPositive();
                    assertThat(each.bytes()).isPositive();
                });
                Path page = folder.resolve("benchmark.md");
                new Report(rows, Machine.here(), measurements, List.of("a peer: not installed")).write(page);
                assertThat(page).content().contains("a peer: not installed", WholeRun.NAME, "Parquet + zstd");
                assertThat(Files.readString(folder.resolve("benchmark").resolve("rows.svg")))
                        .startsWith("<svg");
            }
            // A file that does not hold the rows is refused: one row more than in the files.
            laboratory
                    .clickhouse()
                    .run("INSERT INTO events SELECT * FROM events WHERE team_id = " + Rows.PROJECT + " LIMIT 1");
            Contender later = EngineAlone.asItIs(laboratory.clickhouse());
            assertThatThrownBy(() -> new Comparison(laboratory, rows, line -> {})
                            .run(List.of(later), List.of(Format.PARQUET_ZSTD), 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("other rows");
            assumeThat(PostgresLoad.missing())
                    .as("programs that are not installed")
                    .isEmpty();
            Rows grown = Rows.of(laboratory.clickhouse(), laboratory.connections(), rows.interval());
            try (PostgresLoad load =
                    new PostgresLoad(laboratory, grown, new TransferPath.Sizes(64 << 20, 2), line -> {})) {
                assertThat(load.run(2)).hasSize(2).allSatisfy(round -> {
                    assertThat(round.ratio()).isPositive();
                    assertThat(round.export().client().peakBytes()).isPositive();
                });
            }
        }
    }
}
