package dev.batchexports.destination.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SourceColumn;
import dev.batchexports.testkit.GeneratedRows;
import dev.batchexports.testkit.SampleRow;
import dev.batchexports.testkit.SampleRun;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What becomes of tables, those that are there and those that are not.
@ExtendWith(Database.Provider.class)
class PostgresTableTest {
    private static final Interval HOUR =
            new Interval(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"));
    private static final WriteMode APPEND = new WriteMode.Append();
    private static final WriteMode REPLACE = new WriteMode.Replace();

    private final Database database;
    private final String schema;
    private final String table;

    PostgresTableTest(Database database) {
        this.database = database;
        this.schema = database.newSchema();
        this.table = Identifier.qualify(schema, "t");
    }

    private Destination open() {
        return Database.open(database.configuration(schema));
    }

    private SampleRun run(UUID export, long generation, WriteMode mode, String label, int rows) {
        try (Destination destination = open()) {
            return SampleRun.of(
                            export,
                            "t",
                            HOUR,
                            generation,
                            List.of(SampleRow.of(label, 0, rows)),
                            destination.encoding())
                    .with(mode);
        }
    }

    private void export(SampleRun run) throws InterruptedException {
        try (Destination destination = open()) {
            run.export(destination);
        }
    }

    private ExportException refusal(SampleRun run) {
        try (Destination destination = open()) {
            ExportException refusal = catchThrowableOfType(ExportException.class, () -> run.export(destination));
            assertThat(refusal).isNotNull();
            assertThat(refusal.kind()).isEqualTo(ErrorKind.USER);
            return refusal;
        }
    }

    /// Exports lines of COPY's text format.
    private void export(String model, List<SourceColumn> columns, String lines, long rows) throws InterruptedException {
        TransferContext context = new TransferContext(
                new RunKey(UUID.randomUUID(), UUID.randomUUID(), 1, HOUR), model, APPEND, columns, 1);
        try (Destination destination = open();
                Transfer transfer = destination.begin(context)) {
            SliceReceipt receipt = transfer.write(
                    new Slice(0, HOUR, 0, 1, rows, lines.length()),
                    GeneratedRows.whole(lines.getBytes(StandardCharsets.UTF_8), rows),
                    bytes -> {});
            assertThat(transfer.commit(List.of(receipt))).isInstanceOf(CommitResult.Committed.class);
        }
    }

    private List<String> texts() {
        return database.column("SELECT text FROM " + table);
    }

    @Test
    void createsATableWithTypedColumns() throws InterruptedException {
        List<String> types = List.of(
                "UInt8",
                "Int32",
                "UInt32",
                "UInt64",
                "Float32",
                "Decimal(18, 4)",
                "Bool",
                "UUID",
                "IPv6",
                "Date",
                "DateTime64(6, 'UTC')",
                "LowCardinality(Nullable(String))",
                "Enum8('a' = 1)",
                "Array(String)",
                "Int256");
        List<SourceColumn> columns = new ArrayList<>(IntStream.range(0, types.size())
                .mapToObj(index -> new SourceColumn("c" + index, types.get(index)))
                .toList());
        columns.add(new SourceColumn("properties", "String", SourceColumn.Content.JSON));

        export("t", columns, "\\N\t".repeat(types.size()) + "{\"a\":1}\n", 1);

        assertThat(database.column("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '"
                        + table.replace("'", "''") + "'::regclass AND attnum > 0 ORDER BY attnum"))
                .containsExactly(
                        "smallint",
                        "integer",
                        "bigint",
                        "numeric(20,0)",
                        "real",
                        "numeric(18,4)",
                        "boolean",
                        "uuid",
                        "inet",
                        "date",
                        "timestamp with time zone",
                        "text",
                        "text",
                        "jsonb",
                        "numeric(78,0)",
                        "jsonb",
                        "bigint");
    }

    @Test
    void takesATableThatIsThereAsItIs() throws InterruptedException {
        database.run("CREATE TABLE " + table + " (extra text DEFAULT 'kept', text varchar(300), other int, id numeric, "
                + TargetTable.COMMIT_COLUMN + " bigint)");
        SampleRun run = run(UUID.randomUUID(), 1, APPEND, "first", 20);

        export(run);

        assertThat(texts())
                .containsExactlyInAnyOrderElementsOf(
                        run.rows().stream().map(SampleRow::text).toList());
        assertThat(database.column("SELECT DISTINCT extra FROM " + table)).containsExactly("kept");
    }

    @Test
    void namesTheColumnsThatATableLacksAndHowToAddThem() throws InterruptedException {
        database.run("CREATE TABLE " + table + " (id bigint)");
        SampleRun run = run(UUID.randomUUID(), 1, APPEND, "first", 5);

        ExportException refusal = refusal(run);

        assertThat(refusal.code()).isEqualTo("ColumnsMissing");
        assertThat(refusal.sentence())
                .contains("\"text\" text", TargetTable.COMMIT_COLUMN)
                .doesNotContain("\"id\"");
        database.run(refusal.fix().replaceFirst("^Run ", ""));
        export(run);
        assertThat(texts()).hasSize(5);
    }

    @Test
    void namesTheColumnsThatATableRequiresBesides() throws InterruptedException {
        database.run("CREATE TABLE " + table + " (id bigint, text text, must int NOT NULL, may int NOT NULL DEFAULT 1, "
                + TargetTable.COMMIT_COLUMN + " bigint)");
        SampleRun run = run(UUID.randomUUID(), 1, APPEND, "first", 5);

        ExportException refusal = refusal(run);

        assertThat(refusal.code()).isEqualTo("ColumnsNotExported");
        assertThat(refusal.sentence()).contains("\"must\"").doesNotContain("\"may\"");
        database.run(refusal.fix().replaceFirst("^Run ", ""));
        export(run);
        assertThat(texts()).hasSize(5);
    }

    @Test
    void refusesAViewAndGeneratedColumns() {
        database.run("CREATE VIEW " + table + " AS SELECT 1::bigint AS id, ''::text AS text");
        assertThat(refusal(run(UUID.randomUUID(), 1, APPEND, "first", 1)).code())
                .isEqualTo("NoTable");
        database.run("DROP VIEW " + table);
        database.run("CREATE TABLE " + table + " (id bigint, text text GENERATED ALWAYS AS (id::text) STORED, "
                + TargetTable.COMMIT_COLUMN + " bigint)");
        assertThat(refusal(run(UUID.randomUUID(), 1, APPEND, "first", 1)).code())
                .isEqualTo("ColumnsGenerated");
    }

    @Test
    void showsNoValueThatDoesNotFit() {
        database.run(
                "CREATE TABLE " + table + " (id bigint, text varchar(3), " + TargetTable.COMMIT_COLUMN + " bigint)");

        ExportException refusal = refusal(run(UUID.randomUUID(), 1, APPEND, "canary", 1));

        assertThat(refusal.code()).isEqualTo("string_data_right_truncation");
        assertThat(refusal.sentence()).contains("column text", "row 1");
        for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
            assertThat(cause.toString()).doesNotContain("canary");
        }
    }

    @Test
    void replacesExactlyTheRowsOfTheSameIntervalOfTheSameExport() throws InterruptedException {
        UUID export = UUID.randomUUID();
        database.run("CREATE TABLE " + table + " (id bigint, text text, " + TargetTable.COMMIT_COLUMN + " bigint)");
        database.run("INSERT INTO " + table + " VALUES (1, 'not ours', NULL)");
        export(run(UUID.randomUUID(), 1, REPLACE, "other export", 1));
        export(run(export, 2, APPEND, "appended", 1));
        export(run(export, 3, APPEND, "appended", 1));
        export(run(export, 4, REPLACE, "replaced", 1));
        export(run(export, 5, REPLACE, "replacing", 1));

        assertThat(texts())
                .extracting(text -> text.replaceFirst(" row .*(?s).*", ""))
                .containsExactlyInAnyOrder("not ours", "other export", "replacing");
        assertThat(database.column("SELECT count(*) FROM " + Identifier.qualify(schema, Ledger.TABLE)
                        + " WHERE replaced_by IS NOT NULL"))
                .containsExactly("3");
    }

    @Test
    void needsAUniqueIndexToMergeIntoATableThatIsThere() throws InterruptedException {
        database.run("CREATE TABLE " + table + " (id bigint, text text, " + TargetTable.COMMIT_COLUMN + " bigint)");
        SampleRun run = run(UUID.randomUUID(), 1, new WriteMode.Merge(List.of("id"), "text"), "v1", 5);

        ExportException refusal = refusal(run);

        assertThat(refusal.code()).isEqualTo("NoUniqueKey");
        database.run(refusal.fix().replaceFirst("^Run ", ""));
        export(run);
        assertThat(texts()).hasSize(5);
    }

    @Test
    void mergesByAKeyOfSeveralColumnsAndTakesNoVersionForTheOldest() throws InterruptedException {
        List<SourceColumn> columns = List.of(
                new SourceColumn("a", "Int64"),
                new SourceColumn("b", "String"),
                new SourceColumn("v", "Nullable(Int64)"));
        WriteMode mode = new WriteMode.Merge(List.of("b", "a"), "v");
        for (String lines : List.of("1\tx\t5\n1\ty\t\\N\n2\tx\t1\n", "1\tx\t4\n1\ty\t1\n2\tx\t\\N\n3\tx\t\\N\n")) {
            TransferContext context = new TransferContext(
                    new RunKey(UUID.randomUUID(), UUID.randomUUID(), 1, HOUR), "t", mode, columns, 1);
            try (Destination destination = open();
                    Transfer transfer = destination.begin(context)) {
                long rows = lines.lines().count();
                SliceReceipt receipt = transfer.write(
                        new Slice(0, HOUR, 0, 1, rows, lines.length()),
                        GeneratedRows.whole(lines.getBytes(StandardCharsets.UTF_8), rows),
                        bytes -> {});
                assertThat(transfer.commit(List.of(receipt))).isInstanceOf(CommitResult.Committed.class);
            }
        }
        assertThat(database.column("SELECT a || b || coalesce(v::text, '-') FROM " + table + " ORDER BY a, b"))
                .containsExactly("1x5", "1y1", "2x1", "3x-");
    }

    @Test
    void showsWhenATriggerDropsRows() {
        database.run("CREATE TABLE " + table + " (id bigint, text text, " + TargetTable.COMMIT_COLUMN + " bigint)");
        String function = Identifier.qualify(schema, "drop_some");
        database.run("CREATE FUNCTION " + function + "() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN IF new.id % 2 = 0 THEN RETURN NULL; END IF; RETURN new; END $$");
        database.run(
                "CREATE TRIGGER t BEFORE INSERT ON " + table + " FOR EACH ROW EXECUTE FUNCTION " + function + "()");

        assertThat(refusal(run(UUID.randomUUID(), 1, APPEND, "first", 10)).code())
                .isEqualTo("RowsDropped");
        assertThat(texts()).isEmpty();
    }

    @Test
    void writesSlicesAgainThatACrashOfTheServerEmptied() throws InterruptedException {
        SampleRun run = run(UUID.randomUUID(), 1, APPEND, "first", 50);
        SampleRun merging = run(UUID.randomUUID(), 1, new WriteMode.Merge(List.of("id"), "text"), "first", 50);
        SampleRun committed = run(UUID.randomUUID(), 1, APPEND, "committed", 50);
        try (Destination destination = open()) {
            committed.export(destination);
            database.run("CREATE UNIQUE INDEX ON " + table + " (id)");
            database.run("TRUNCATE " + table);
            List<SliceReceipt> receipts = run.writeAll(destination);
            List<SliceReceipt> mergingReceipts = merging.writeAll(destination);

            database.crashServer();

            assertThat(run.commit(destination, receipts)).isEqualTo(new CommitResult.SlicesLost(Set.of(0)));
            assertThat(merging.commit(destination, mergingReceipts)).isEqualTo(new CommitResult.SlicesLost(Set.of(0)));
            assertThat(texts()).isEmpty();
            CommitResult.Committed _ = run.commitWhateverItTakes(destination, receipts);
            assertThat(texts()).hasSize(50);
        }
    }

    /// A reader of the ledger takes a run for committed once it says when.
    @Test
    void aRunIsInTheLedgerFromItsFirstSliceAndCommittedWithItsRows() throws InterruptedException {
        SampleRun run = run(UUID.randomUUID(), 1, APPEND, "first", 5);
        String ledger = Identifier.qualify(schema, Ledger.TABLE);
        try (Destination destination = open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            assertThat(database.query("SELECT rows, committed_at FROM " + ledger))
                    .containsExactly(Arrays.asList(null, null));

            CommitResult.Committed _ = run.commitWhateverItTakes(destination, receipts);

            assertThat(database.column("SELECT rows FROM " + ledger + " WHERE committed_at IS NOT NULL"))
                    .containsExactly("5");
        }
    }

    /// Staged rows carry the number that the run has in the ledger.
    @Test
    void writesSlicesAgainWhoseRunWasRemovedFromTheLedger() throws InterruptedException {
        SampleRun run = run(UUID.randomUUID(), 1, REPLACE, "first", 5);
        try (Destination destination = open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            database.run("DELETE FROM " + Identifier.qualify(schema, Ledger.TABLE));

            assertThat(run.commit(destination, receipts)).isEqualTo(new CommitResult.SlicesLost(Set.of(0)));
            CommitResult.Committed _ = run.commitWhateverItTakes(destination, receipts);
        }
        assertThat(database.column("SELECT count(*) FROM " + table + " JOIN " + Identifier.qualify(schema, Ledger.TABLE)
                        + " ON commit_id = " + TargetTable.COMMIT_COLUMN))
                .containsExactly("5");
    }

    @Test
    void takesALedgerOfTheVersionInWhichRunsCameIntoItWithTheirCommit() throws InterruptedException {
        export(run(UUID.randomUUID(), 1, APPEND, "first", 5));
        String ledger = Identifier.qualify(schema, Ledger.TABLE);
        database.run("ALTER TABLE " + ledger + " ALTER rows SET NOT NULL, ALTER committed_at SET NOT NULL,"
                + " ALTER committed_at SET DEFAULT now()");
        SampleRun run = run(UUID.randomUUID(), 1, APPEND, "second", 5);
        try (Destination destination = open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            assertThat(texts()).hasSize(5);
            CommitResult.Committed _ = run.commitWhateverItTakes(destination, receipts);
        }
        assertThat(texts()).hasSize(10);
    }

    @Test
    void dropsWhatALostWorkerLeftLongAgo() throws InterruptedException {
        String old = Staging.RESERVED + "0".repeat(32) + "_3_0123abcd";
        String young = Staging.RESERVED + "1".repeat(32) + "_3_0123abcd";
        String foreign = Staging.RESERVED + "something";
        for (String name : List.of(old, young, foreign)) {
            database.run("CREATE TABLE " + Identifier.qualify(schema, name) + " (a int)");
        }
        database.run("COMMENT ON TABLE " + Identifier.qualify(schema, old)
                + " IS 'Staged by Batch Exports at 2020-01-01T00:00:00Z'");
        database.run("COMMENT ON TABLE " + Identifier.qualify(schema, young) + " IS 'Staged by Batch Exports at "
                + Instant.now() + "'");

        export(run(UUID.randomUUID(), 1, APPEND, "first", 5));

        assertThat(database.column("SELECT tablename FROM pg_tables WHERE schemaname = '" + schema + "'"))
                .containsExactlyInAnyOrder("t", Ledger.TABLE, young, foreign);
    }

    @Test
    void dropsWhatAnEarlierRunOfTheIntervalLeft() throws InterruptedException {
        UUID export = UUID.randomUUID();
        SampleRun cancelled = run(export, 1, REPLACE, "cancelled", 5);
        SampleRun later = run(export, 3, REPLACE, "later", 5);
        SampleRun other = run(UUID.randomUUID(), 1, REPLACE, "of another export", 5);
        try (Destination destination = open()) {
            List<SliceReceipt> _ = cancelled.writeAll(destination);
            List<SliceReceipt> _ = later.writeAll(destination);
            List<SliceReceipt> _ = other.writeAll(destination);
            CommitResult _ = run(export, 2, REPLACE, "retry", 5).export(destination);
        }

        assertThat(database.column("SELECT tablename FROM pg_tables WHERE schemaname = '" + schema
                        + "' AND tablename ~ '_[0-9a-f]{32}_'"))
                .hasSize(2)
                .anyMatch(name -> name.contains(hexadecimal(later)))
                .anyMatch(name -> name.contains(hexadecimal(other)));
    }

    private static String hexadecimal(SampleRun run) {
        return run.context().run().runId().toString().replace("-", "");
    }

    @Test
    void takesNamesOfAllKinds() throws InterruptedException {
        Random random = new Random(7);
        String characters = "aZ09 _.\"'`\\$%;-/*(){}[]?:@\t\n\u0001é漢😀";
        int[] points = characters.codePoints().toArray();
        for (int round = 0; round < 30; round++) {
            Set<String> names = new LinkedHashSet<>();
            while (names.size() < 5) {
                StringBuilder name = new StringBuilder();
                for (int length = 1 + random.nextInt(14); length > 0; length--) {
                    name.appendCodePoint(points[random.nextInt(points.length)]);
                }
                names.add(name.toString());
            }
            List<String> list = List.copyOf(names);
            List<SourceColumn> columns = list.subList(1, list.size()).stream()
                    .map(name -> new SourceColumn(name, "String"))
                    .toList();

            export(list.getFirst(), columns, "1\t2\t3\t4\n", 1);

            String values = Identifier.quote(list.subList(1, list.size()));
            assertThat(database.query("SELECT " + values + " FROM " + Identifier.qualify(schema, list.getFirst())))
                    .containsExactly(List.of("1", "2", "3", "4"));
        }
    }

    @Test
    void refusesNamesThatPostgresqlWouldCutOffOrKeepsForItself() {
        for (String name : List.of("x".repeat(64), "ctid", Staging.RESERVED + "x")) {
            ExportException refusal = catchThrowableOfType(
                    ExportException.class, () -> export("t", List.of(new SourceColumn(name, "String")), "1\n", 1));
            assertThat(refusal.code()).isEqualTo("InvalidName");
            assertThat(refusal.kind()).isEqualTo(ErrorKind.USER);
        }
    }
}
