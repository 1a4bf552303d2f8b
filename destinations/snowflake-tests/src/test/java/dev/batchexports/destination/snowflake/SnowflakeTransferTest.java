package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.Slice;
import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.FaultyProxy;
import dev.batchexports.testkit.GeneratedRows;
import dev.batchexports.testkit.SampleRow;
import dev.batchexports.testkit.SampleRun;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What Snowflake does beyond the contract: modes of writing, and tables that were there before.
@ExtendWith(TestAccount.Provider.class)
class SnowflakeTransferTest {
    private static final Interval INTERVAL =
            new Interval(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"));
    private static final long BIG = 300L << 20;
    private static final long HEAP_GROWTH_LIMIT = 32L << 20;

    private final TestAccount account;
    private final Destination destination;
    private final UUID export = UUID.randomUUID();
    private final String table = "t \"" + export.toString().substring(0, 8) + "\" $$ \\ é";

    SnowflakeTransferTest(TestAccount account) {
        this.account = account;
        this.destination = TestAccount.open(account.withKeyPair());
    }

    private SampleRun run(UUID exporting, long generation, WriteMode mode, SampleRow... rows) {
        return SampleRun.of(exporting, table, INTERVAL, generation, List.of(List.of(rows)), destination.encoding())
                .with(mode);
    }

    private List<SampleRow> rows() throws InterruptedException {
        return account.query("SELECT \"id\" AS \"id\", \"text\" AS \"text\" FROM " + qualified()).stream()
                .map(row -> new SampleRow(row.number("id"), row.text("text")))
                .toList();
    }

    private String qualified() {
        return TestAccount.configuration(account.withKeyPair()).table(table).sql();
    }

    private static SampleRow row(long id, String text) {
        return new SampleRow(id, text);
    }

    @Test
    void appendsTwiceWhenTwoRunsOfAnIntervalAppend() throws InterruptedException {
        CommitResult.Committed first =
                run(export, 1, new WriteMode.Append(), row(1, "a")).export(destination);
        CommitResult.Committed _ =
                run(export, 2, new WriteMode.Append(), row(1, "b")).export(destination);

        assertThat(first.rowsAtDestination()).hasValue(1);
        assertThat(rows()).containsExactlyInAnyOrder(row(1, "a"), row(1, "b"));
    }

    /// The driver does not tell how far it is, and a slice that nobody hears of is taken for stalled.
    @Test
    void reportsThatItUploads() throws InterruptedException {
        SampleRun run = run(export, 1, new WriteMode.Append(), row(1, "a"));
        List<Long> reported = new CopyOnWriteArrayList<>();

        try (Transfer transfer = destination.begin(run.context());
                GeneratedRows rows = run.file(0).stream()) {
            SliceReceipt _ = transfer.write(run.slice(0), rows, reported::add);
        }

        await().untilAsserted(() -> assertThat(reported).contains(0L));
    }

    /// The runs of a database that has forgotten the first one.
    @ParameterizedTest
    @ValueSource(longs = {4, 6})
    void addsNothingWhenTheRunIsToBeTheFirstAndIsNot(long generation) throws InterruptedException {
        WriteMode mode = new WriteMode.AppendOnce();
        CommitResult.Committed _ = run(export, 5, mode, row(1, "a")).export(destination);
        SampleRun second = run(export, generation, mode, row(1, "a"), row(2, "late"));

        List<SliceReceipt> receipts = second.writeAll(destination);
        assertThat(second.commit(destination, receipts)).isEqualTo(new CommitResult.AlreadyCommitted(1));
        assertThat(second.commit(destination, receipts)).isEqualTo(new CommitResult.AlreadyCommitted(1));

        assertThat(rows()).containsExactly(row(1, "a"));
    }

    /// The contract loses every request of a commit that replaces; here it is one that would add rows a second time.
    @ParameterizedTest
    @EnumSource
    void appendsOnceWhicheverRequestOfTheCommitIsLost(DestinationContract.Loss loss) throws InterruptedException {
        try (FaultyProxy proxy = FaultyProxy.to(account.address());
                Destination broken = TestAccount.open(
                        TestAccount.with(account.withKeyPair(), "endpoint_url", TestAccount.url(proxy.address())))) {
            List<SampleRow> expected = new ArrayList<>();
            boolean isReached = true;
            for (int exchange = 1; isReached; exchange++) {
                SampleRun run = run(UUID.randomUUID(), 1, new WriteMode.Append(), row(exchange, "once"));
                List<SliceReceipt> receipts = run.writeAll(destination);
                proxy.inject(
                        switch (loss) {
                            case REQUEST -> new FaultyProxy.Fault.LoseRequest(exchange, FaultyProxy.Then.RECOVERY);
                            case REPLY -> new FaultyProxy.Fault.LoseReply(exchange, FaultyProxy.Then.RECOVERY);
                        });
                Throwable failure = catchThrowable(() -> run.commit(broken, receipts));
                assertThat(failure == null || ((ExportException) failure).kind() == ErrorKind.TRANSIENT)
                        .isTrue();
                isReached = proxy.exchanges() >= exchange;
                proxy.heal();
                CommitResult.Committed _ = run.commitWhateverItTakes(destination, receipts);
                expected.add(row(exchange, "once"));
            }
            assertThat(rows()).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(expected).hasSizeGreaterThan(8);
        }
    }

    @Test
    void replacesAgainAndAgainOnlyRowsOfTheSameExport() throws InterruptedException {
        CommitResult.Committed _ = run(UUID.randomUUID(), 1, new WriteMode.Append(), row(7, "other export"))
                .export(destination);
        CommitResult.Committed _ =
                run(export, 1, new WriteMode.Append(), row(1, "a"), row(2, "a")).export(destination);
        CommitResult.Committed _ =
                run(export, 2, new WriteMode.Replace(), row(1, "b")).export(destination);
        CommitResult.Committed _ = run(export, 3, new WriteMode.Replace(), row(1, "c"), row(3, "c"))
                .export(destination);

        assertThat(rows()).containsExactlyInAnyOrder(row(7, "other export"), row(1, "c"), row(3, "c"));
    }

    @Test
    void mergesByKeyAndLetsTheGreaterVersionWin() throws InterruptedException {
        WriteMode merge = new WriteMode.Merge(List.of("id"), "text");
        CommitResult.Committed _ = run(export, 1, merge, row(1, "b"), row(2, "b"), row(2, "a"), row(3, "b"))
                .export(destination);
        assertThat(rows()).containsExactlyInAnyOrder(row(1, "b"), row(2, "b"), row(3, "b"));

        CommitResult.Committed _ =
                run(export, 2, merge, row(1, "a"), row(2, "c"), row(4, "a")).export(destination);
        assertThat(rows()).containsExactlyInAnyOrder(row(1, "b"), row(2, "c"), row(3, "b"), row(4, "a"));
    }

    @Test
    void mergesWithoutVersionAndLetsTheLaterRunWin() throws InterruptedException {
        WriteMode merge = new WriteMode.Merge(List.of("id"), null);
        CommitResult.Committed _ =
                run(export, 1, merge, row(1, "b"), row(2, "b")).export(destination);
        CommitResult.Committed _ = run(export, 2, merge, row(1, "a")).export(destination);
        assertThat(rows()).containsExactlyInAnyOrder(row(1, "a"), row(2, "b"));
    }

    /// The run was given up and a later one did its work: a worker that still holds receipts of it changes nothing.
    @Test
    void refusesAnOlderRunInEveryMode() throws InterruptedException {
        for (WriteMode mode : Stream.of(
                        new WriteMode.Append(), new WriteMode.Replace(), new WriteMode.Merge(List.of("id"), null))
                .toList()) {
            UUID exporting = UUID.randomUUID();
            SampleRun older = run(exporting, 1, mode, row(1, "older"));
            SampleRun later = run(exporting, 2, mode, row(1, "later"));
            List<SliceReceipt> receipts = older.writeAll(destination);
            CommitResult.Committed _ = later.export(destination);
            List<SampleRow> before = rows();

            ExportException refusal =
                    catchThrowableOfType(ExportException.class, () -> older.commit(destination, receipts));
            assertThat(refusal.code()).isEqualTo("Superseded");
            assertThat(rows()).containsExactlyInAnyOrderElementsOf(before);
        }
    }

    /// An abort takes the announcement away: a commit that was under way then finds that it may not go on.
    @Test
    void commitsNothingAfterAnAbort() throws InterruptedException {
        SampleRun run = run(export, 1, new WriteMode.Append(), row(1, "a"));
        List<SliceReceipt> receipts = run.writeAll(destination);
        run.abort(destination);
        assertThat(run.commit(destination, receipts)).isInstanceOf(CommitResult.SlicesLost.class);
        assertThat(rows()).isEmpty();
    }

    @Test
    void namesColumnsThatAnExistingTableLacks() throws InterruptedException {
        List<Session.Row> _ = account.query("CREATE TABLE " + qualified() + " (\"id\" NUMBER(19,0), \"more\" VARCHAR)");
        ExportException refusal = catchThrowableOfType(
                ExportException.class,
                () -> run(export, 1, new WriteMode.Append(), row(1, "a")).writeAll(destination));

        assertThat(refusal.code()).isEqualTo("TableMismatch");
        assertThat(refusal.kind()).isEqualTo(ErrorKind.USER);
        assertThat(refusal.sentence()).contains("it has no column \"text\" VARCHAR, \"_batch_exports_commit\" VARCHAR");
        assertThat(refusal.fix())
                .contains("ALTER TABLE " + qualified()
                        + " ADD COLUMN \"text\" VARCHAR, \"_batch_exports_commit\" VARCHAR");

        List<Session.Row> _ = account.query("ALTER TABLE " + qualified() + " ADD COLUMN \"text\" VARCHAR");
        List<Session.Row> _ =
                account.query("ALTER TABLE " + qualified() + " ADD COLUMN \"_batch_exports_commit\" VARCHAR");
        CommitResult.Committed _ =
                run(export, 1, new WriteMode.Append(), row(1, "a")).export(destination);
        assertThat(rows()).containsExactly(row(1, "a"));
    }

    @Test
    void refusesAnExistingTableWhoseTypesWouldLoseSomething() throws InterruptedException {
        List<Session.Row> _ = account.query("CREATE TABLE " + qualified()
                + " (\"id\" DATE, \"text\" VARCHAR, \"must\" VARCHAR NOT NULL, \"_batch_exports_commit\" VARCHAR)");
        ExportException refusal = catchThrowableOfType(
                ExportException.class,
                () -> run(export, 1, new WriteMode.Append(), row(1, "a")).writeAll(destination));

        assertThat(refusal.sentence())
                .contains("the column \"id\" is DATE instead of NUMBER(19,0)", "it demands a value for \"must\"");
        assertThat(refusal.fix()).contains("ALTER COLUMN \"must\" DROP NOT NULL");
    }

    @Test
    void needsNoMoreMemoryForABigStream() throws InterruptedException {
        TransferContext context =
                run(export, 1, new WriteMode.Append(), row(1, "a")).context();
        try (Transfer transfer = destination.begin(context);
                GeneratedRows rows = GeneratedRows.big(BIG, FileFormat.JSON_LINES)) {
            long before = usedHeap();
            AtomicLong peak = new AtomicLong();
            AtomicLong taken = new AtomicLong();
            SliceReceipt receipt = transfer.write(new Slice(0, INTERVAL, 0, 1, 1, rows.length()), rows, bytes -> {
                if (taken.get() / (BIG / 5) != taken.addAndGet(bytes) / (BIG / 5)) {
                    peak.accumulateAndGet(usedHeap(), Math::max);
                }
            });
            assertThat(receipt.bytes()).isEqualTo(rows.length());
            assertThat(Math.max(peak.get(), usedHeap()) - before).isLessThan(HEAP_GROWTH_LIMIT);
            transfer.abort();
        }
    }

    private static long usedHeap() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
