package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.testkit.SampleFile;
import dev.batchexports.testkit.SampleRow;
import dev.batchexports.testkit.SampleRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/// What a reader finds in the bucket.
@ExtendWith(S3Store.Provider.class)
class S3FilesTest {
    private static final Interval HOUR =
            new Interval(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"));

    private final S3Store store;
    private final UUID export = UUID.randomUUID();
    private final String table = "files_" + export;
    private final String stem = table + "/2026/2026-11-23T10:00:00Z-2026-11-23T11:00:00Z";

    S3FilesTest(S3Store store) {
        this.store = store;
    }

    @ParameterizedTest
    @CsvSource({
        "JSONLines, none, jsonl",
        "JSONLines, gzip, jsonl.gz",
        "JSONLines, zstd, jsonl.zst",
        "Parquet, zstd, parquet",
        "Parquet, snappy, parquet",
        "Parquet, gzip, parquet",
        "Parquet, none, parquet"
    })
    void writesEveryFormatSoThatOthersReadIt(String format, String compression, String extension)
            throws InterruptedException {
        Map<String, Object> parameters =
                S3Store.with(S3Store.with(store.parameters(), "file_format", format), "compression", compression);
        try (Destination destination = S3Store.open(parameters)) {
            SampleRun run = run(destination.encoding(), 1, 2);
            CommitResult.Committed committed = run.export(destination);

            assertThat(committed.files())
                    .extracting(CommittedFile::key)
                    .containsExactly(stem + "-0." + extension, stem + "-1." + extension);
            List<SampleRow> found = new ArrayList<>();
            for (CommittedFile file : committed.files()) {
                byte[] bytes = store.read(file.key()).orElseThrow();
                assertThat(bytes).hasSize((int) file.bytes());
                assertThat(file.checksum()).isEqualTo(checksum(bytes));
                found.addAll(SampleFile.decode(bytes, destination.encoding()));
            }
            assertThat(found).containsExactlyInAnyOrderElementsOf(run.rows());
        }
    }

    /// Read by DuckDB, as any reader might.
    @Test
    void describesTheFilesInTheManifest(@TempDir Path folder) throws InterruptedException, IOException, SQLException {
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun run = run(destination.encoding(), 7, 2);
            CommitResult.Committed committed = run.export(destination);

            Path manifest = folder.resolve("manifest.json");
            Files.write(manifest, store.read(stem + "_manifest.json").orElseThrow());
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                    Statement statement = connection.createStatement()) {
                assertThat(query(statement, """
                        SELECT version, export_id::VARCHAR, run_id::VARCHAR, generation, strftime(data_interval_start AT TIME ZONE 'UTC', '%%Y-%%m-%%dT%%H:%%M:%%SZ'),
                               strftime(data_interval_end AT TIME ZONE 'UTC', '%%Y-%%m-%%dT%%H:%%M:%%SZ'), model, format, compression, columns::VARCHAR,
                               totals.rows, totals.bytes, totals.files, created_at IS NOT NULL
                        FROM read_json('%s')
                        """.formatted(manifest)))
                        .containsExactly(List.of(
                                "1",
                                export.toString(),
                                run.context().run().runId().toString(),
                                "7",
                                "2026-11-23T10:00:00Z",
                                "2026-11-23T11:00:00Z",
                                table,
                                "JSONLines",
                                "none",
                                "[{'name': id, 'type': Int64}, {'name': text, 'type': String}]",
                                Integer.toString(run.rows().size()),
                                Long.toString(committed.files().stream()
                                        .mapToLong(CommittedFile::bytes)
                                        .sum()),
                                "2",
                                "true"));
                assertThat(query(
                                statement,
                                "SELECT f.key, f.rows, f.bytes, f.checksum FROM (SELECT unnest(files) AS f FROM read_json('"
                                        + manifest + "'))"))
                        .containsExactlyElementsOf(committed.files().stream()
                                .map(file -> List.of(
                                        file.key(),
                                        Long.toString(file.rows()),
                                        Long.toString(file.bytes()),
                                        file.checksum()))
                                .toList());
            }
        }
    }

    @Test
    void writesAManifestForAnEmptyInterval() throws InterruptedException {
        try (Destination destination = S3Store.open(store.parameters())) {
            run(destination.encoding(), 1, 0).export(destination);
        }
        assertThat(store.keys(table)).containsExactly(stem + "_manifest.json");
        assertThat(manifest())
                .hasValueSatisfying(
                        manifest -> assertThat(manifest.totals()).isEqualTo(new S3Manifest.Totals(0, 0, 0)));
    }

    @Test
    void rewritesNothingWhenACommitIsRepeated() throws InterruptedException {
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun run = run(destination.encoding(), 1, 2);
            List<SliceReceipt> receipts = run.writeAll(destination);
            CommitResult _ = run.commit(destination, receipts);
            byte[] first = store.read(stem + "_manifest.json").orElseThrow();
            CommitResult _ = run.commit(destination, receipts);
            assertThat(store.read(stem + "_manifest.json")).hasValue(first);
        }
    }

    @Test
    void removesTheFilesOfAnEarlierRunWithOtherSettings() throws InterruptedException {
        Map<String, Object> parquet = S3Store.with(store.parameters(), "file_format", "Parquet");
        try (Destination earlier = S3Store.open(parquet);
                Destination later = S3Store.open(store.parameters())) {
            run(earlier.encoding(), 1, 3).export(earlier);
            run(later.encoding(), 2, 1).export(later);
        }
        assertThat(store.keys(table)).containsExactly(stem + ".jsonl", stem + "_manifest.json");
    }

    @Test
    void leavesObjectsAloneThatItDidNotWrite() throws InterruptedException {
        List<String> others = List.of(
                stem + ".jsonl.bak",
                stem + ".csv",
                stem + "-old.jsonl",
                stem + "/notes.txt",
                table + "/2026/2026-11-23T11:00:00Z-2026-11-23T12:00:00Z.jsonl",
                table + "/2026/README.md");
        others.forEach(key -> store.put(key, "not ours"));
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun run = run(destination.encoding(), 1, 1);
            run.export(destination);
            run.abort(destination);
        }
        assertThat(store.keys(table)).containsAll(others);
    }

    @Test
    void refusesAPlaceThatBelongsToAnotherExport() throws InterruptedException {
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun theirs = SampleRun.of(
                    UUID.randomUUID(), table, HOUR, 1, List.of(SampleRow.of("theirs", 0, 5)), destination.encoding());
            theirs.export(destination);
            List<String> keys = store.keys(table);
            SampleRun ours = run(destination.encoding(), 2, 2);
            List<SliceReceipt> receipts = ours.writeAll(destination);

            ExportException error =
                    catchThrowableOfType(ExportException.class, () -> ours.commit(destination, receipts));
            assertThat(error.code()).isEqualTo("PrefixInUse");
            assertThat(error.kind()).isEqualTo(ErrorKind.USER);
            assertThat(error.fix()).contains("{table}");
            assertThat(store.keys(table)).isEqualTo(keys);
            assertThat(SampleFile.decode(store.read(stem + ".jsonl").orElseThrow(), destination.encoding()))
                    .containsExactlyInAnyOrderElementsOf(theirs.rows());
        }
    }

    @Test
    void refusesAManifestThatIsNone() throws InterruptedException {
        store.put(stem + "_manifest.json", "{\"hello\": \"world\"}");
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun run = run(destination.encoding(), 1, 1);
            List<SliceReceipt> receipts = run.writeAll(destination);
            ExportException error =
                    catchThrowableOfType(ExportException.class, () -> run.commit(destination, receipts));
            assertThat(error.code()).isEqualTo("ManifestUnreadable");
            assertThat(error.kind()).isEqualTo(ErrorKind.USER);
            assertThat(store.keys(table)).containsExactly(stem + "_manifest.json");
        }
    }

    @Test
    void saysThatALaterRunWasFirst() throws InterruptedException {
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun older = run(destination.encoding(), 1, 1);
            run(destination.encoding(), 2, 1).export(destination);
            List<SliceReceipt> receipts = older.writeAll(destination);
            ExportException error =
                    catchThrowableOfType(ExportException.class, () -> older.commit(destination, receipts));
            assertThat(error.code()).isEqualTo("Superseded");
            assertThat(error.kind()).isEqualTo(ErrorKind.USER);
        }
    }

    /// The configuration may change between the slices and the commit of a run.
    @Test
    void writesSlicesAgainThatBelongElsewhereNow() throws InterruptedException {
        Map<String, Object> moved = S3Store.with(store.parameters(), "prefix", "moved/{table}/{year}");
        try (Destination before = S3Store.open(store.parameters());
                Destination after = S3Store.open(moved)) {
            SampleRun run = run(before.encoding(), 1, 2);
            List<SliceReceipt> receipts = run.writeAll(before);
            CommitResult.Committed _ = run.commitWhateverItTakes(after, receipts);
            run.abort(before);
            assertThat(store.keys("moved/" + table)).hasSize(3);
            assertThat(store.keys(table)).isEmpty();
        }
    }

    @Test
    void writesASliceAgainWhoseUploadSomebodyChanged() throws InterruptedException {
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun run = run(destination.encoding(), 1, 1);
            List<SliceReceipt> receipts = run.writeAll(destination);
            MultipartUpload upload = store.uploads(stem).getFirst();
            store.client()
                    .uploadPart(
                            part -> part.bucket(S3Store.BUCKET)
                                    .key(upload.key())
                                    .uploadId(upload.uploadId())
                                    .partNumber(1),
                            RequestBody.fromString("something else"));

            assertThat(run.commit(destination, receipts)).isEqualTo(new CommitResult.SlicesLost(Set.of(0)));
            CommitResult.Committed committed = run.commitWhateverItTakes(destination, receipts);
            assertThat(SampleFile.decode(
                            store.read(committed.files().getFirst().key()).orElseThrow(), destination.encoding()))
                    .containsExactlyInAnyOrderElementsOf(run.rows());
        }
    }

    @Test
    void refusesReceiptsThatAreNotOneOfEachSlice() throws InterruptedException {
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun run = run(destination.encoding(), 1, 2);
            List<SliceReceipt> receipts = run.writeAll(destination);
            for (List<SliceReceipt> wrong :
                    List.of(receipts.subList(0, 1), List.of(receipts.get(0), receipts.get(0)))) {
                ExportException error =
                        catchThrowableOfType(ExportException.class, () -> run.commit(destination, wrong));
                assertThat(error.code()).isEqualTo("ReceiptsIncomplete");
                assertThat(error.kind()).isEqualTo(ErrorKind.INTERNAL);
            }
            run.abort(destination);
        }
    }

    @Test
    void encryptsFilesAndManifestWhenAsked() throws InterruptedException {
        try (Destination destination = S3Store.open(S3Store.with(store.parameters(), "encryption", "AES256"))) {
            run(destination.encoding(), 1, 1).export(destination);
        }
        assertThat(store.keys(table))
                .hasSize(2)
                .allSatisfy(key ->
                        assertThat(head(key).serverSideEncryptionAsString()).isEqualTo("AES256"));
    }

    @Test
    void marksEachFileWithItsRun() throws InterruptedException {
        try (Destination destination = S3Store.open(store.parameters())) {
            SampleRun run = run(destination.encoding(), 3, 1);
            run.export(destination);
            assertThat(head(stem + ".jsonl").contentType()).isEqualTo("application/x-ndjson");
            assertThat(head(stem + ".jsonl").metadata())
                    .containsEntry(
                            "batch-exports-run", run.context().run().runId().toString())
                    .containsEntry("batch-exports-generation", "3")
                    .containsEntry("batch-exports-slice", "0");
            assertThat(head(stem + "_manifest.json").contentType()).isEqualTo("application/json");
        }
    }

    private Optional<S3Manifest> manifest() {
        return store.read(stem + "_manifest.json")
                .flatMap(bytes -> S3Manifest.parse(new String(bytes, StandardCharsets.UTF_8)));
    }

    private HeadObjectResponse head(String key) {
        return store.client()
                .headObject(request -> request.bucket(S3Store.BUCKET).key(key));
    }

    private SampleRun run(Encoding encoding, long generation, int slices) {
        return SampleRun.of(
                export,
                table,
                HOUR,
                generation,
                IntStream.range(0, slices)
                        .mapToObj(slice -> SampleRow.of("generation " + generation, slice, 30))
                        .toList(),
                encoding);
    }

    private static String checksum(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return "crc32c:%08x".formatted(checksum.getValue());
    }

    private static List<List<String>> query(Statement statement, String sql) throws SQLException {
        try (ResultSet result = statement.executeQuery(sql)) {
            List<List<String>> rows = new ArrayList<>();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
                    row.add(result.getString(column));
                }
                rows.add(row);
            }
            return rows;
        }
    }
}
