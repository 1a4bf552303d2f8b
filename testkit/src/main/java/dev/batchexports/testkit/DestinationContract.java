package dev.batchexports.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.Slice;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every destination has to do, proven against its real store.
///
/// To add a destination, extend this class and hand it a [DestinationHarness]; nothing else is needed.
/// What is compared are always the values of the rows that a reader finds, never counts alone.
public abstract class DestinationContract {
    private static final Interval INTERVAL =
            new Interval(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"));
    private static final int ROWS = 20;

    /// Enough for several requests, whatever the compression.
    private static final int BIG_ROWS = 11_000;

    private static final int BIG_ROW_CHARACTERS = 1_000;
    private static final long BIG_STREAM_BYTES = 400L << 20;
    private static final int HEAP_SAMPLES = 10;
    private static final long HEAP_GROWTH_LIMIT = 100L << 20;
    private static final Duration PROMPTLY = Duration.ofSeconds(5);
    private static final Duration WITH_A_SILENT_STORE = Duration.ofSeconds(30);

    private final UUID export = UUID.randomUUID();

    /// A name of its own for every test.
    private final String model = "t_" + export.toString().substring(0, 8);

    /// How the request or its reply gets lost.
    public enum Loss {
        REQUEST,
        REPLY
    }

    /// The destination under test. Called often; the store behind it is the same.
    protected abstract DestinationHarness harness();

    // What a run writes, a reader finds

    @Test
    public void showsEveryRowOfEverySliceAfterTheCommit() throws InterruptedException {
        SampleRun run = run("first", 1, 3);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            CommitResult.Committed committed = committed(run.commit(destination, receipts));

            assertVisible(run);
            assertThat(committed.files())
                    .extracting(CommittedFile::rows)
                    .containsExactlyInAnyOrderElementsOf(
                            receipts.stream().map(SliceReceipt::rows).toList());
            committed
                    .rowsAtDestination()
                    .ifPresent(rows -> assertThat(rows).isEqualTo(run.rows().size()));
            assertThat(harness().leftovers(run.context())).isEmpty();
        }
    }

    @Test
    public void showsTheRowsOfASingleSlice() throws InterruptedException {
        SampleRun run = run("first", 1, 1);
        try (Destination destination = harness().open()) {
            run.export(destination);
            assertVisible(run);
        }
    }

    @Test
    public void showsNothingBeforeTheCommit() throws InterruptedException {
        SampleRun run = run("first", 1, 2);
        try (Destination destination = harness().open()) {
            run.writeAll(destination);
            assertNothingVisible(run);
        }
    }

    @Test
    public void commitsSlicesThatWereWrittenSideBySide() throws Exception {
        SampleRun run = bigRun("first", 1, 3);
        try (Destination destination = harness().open();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<SliceReceipt>> writing = run.numbers().stream()
                    .map(number -> threads.submit(() -> run.write(destination, number)))
                    .toList();
            List<SliceReceipt> receipts = new ArrayList<>();
            for (Future<SliceReceipt> written : writing) {
                receipts.add(written.get());
            }
            CommitResult.Committed _ = committed(run.commit(destination, receipts.reversed()));
            assertVisible(run);
        }
    }

    @Test
    public void commitsAnEmptyInterval() throws InterruptedException {
        SampleRun run = run("first", 1, 0);
        try (Destination destination = harness().open()) {
            CommitResult.Committed committed = committed(run.commit(destination, List.of()));
            assertThat(committed.files()).isEmpty();
            assertThat(harness().visibleRows(run.context())).isEmpty();
        }
    }

    @Test
    public void announcesIntervalsWithoutRowsAndHidesNoneOfALaterRun() throws InterruptedException {
        SampleRun empty = run("first", 1, 0);
        SampleRun later = run("second", 2, 2);
        try (Destination destination = harness().open()) {
            destination.announceEmpty(List.of(empty.context()));
            destination.announceEmpty(List.of(empty.context()));
            assertThat(harness().visibleRows(empty.context())).isEmpty();

            later.export(destination);
            assertVisible(later);
            Throwable _ = catchThrowable(() -> destination.announceEmpty(List.of(empty.context())));
            assertVisible(later);
            assertThat(harness().leftovers(later.context())).isEmpty();
        }
    }

    /// The rows may have been deleted at the source since the plan was made.
    @Test
    public void commitsASliceThatTurnedOutToHaveNoRows() throws InterruptedException {
        SampleRun run = run("first", 1, 2);
        try (Destination destination = harness().open();
                Transfer transfer = destination.begin(run.context())) {
            SliceReceipt full = run.write(destination, 0);
            SliceReceipt empty = transfer.write(run.slice(1), GeneratedRows.none(), bytes -> {});
            assertThat(empty.rows()).isZero();

            CommitResult.Committed _ = committed(transfer.commit(List.of(full, empty)));
            assertThat(harness().visibleRows(run.context()))
                    .containsExactlyInAnyOrderElementsOf(run.file(0).rows());
        }
    }

    @Test
    public void reportsWhatItWrote() throws InterruptedException {
        SampleRun run = bigRun("first", 1, 1);
        AtomicLong advanced = new AtomicLong();
        try (Destination destination = harness().open();
                Transfer transfer = destination.begin(run.context())) {
            SliceReceipt receipt =
                    transfer.write(run.slice(0), run.file(0).stream(), bytes -> advanced.addAndGet(bytes));

            assertThat(receipt.rows()).isEqualTo(BIG_ROWS);
            assertThat(receipt.bytes()).isEqualTo(run.file(0).length());
            assertThat(receipt.checksum()).matches("[a-z0-9]+:.+");
            assertThat(advanced).hasValue(receipt.bytes());
            assertThat(receipt.state().toString()).hasSizeLessThan(1_000);
        }
    }

    @Test
    public void needsNoMoreMemoryForABigStream() throws Exception {
        SampleRun run = run("first", 1, 1);
        try (Destination destination = harness().open();
                Transfer transfer = destination.begin(run.context());
                GeneratedRows rows = GeneratedRows.big(BIG_STREAM_BYTES, textFormat(destination))) {
            Slice slice = new Slice(0, INTERVAL, 0, 1, 1, rows.length());
            long before = usedHeap();
            AtomicLong peak = new AtomicLong();
            AtomicLong taken = new AtomicLong();
            SliceReceipt receipt = transfer.write(slice, rows, bytes -> {
                long stretch = BIG_STREAM_BYTES / HEAP_SAMPLES;
                if (taken.get() / stretch != taken.addAndGet(bytes) / stretch) {
                    peak.accumulateAndGet(usedHeap(), Math::max);
                }
            });

            assertThat(receipt.bytes()).isEqualTo(rows.length());
            assertThat(peak.get() - before).isLessThan(HEAP_GROWTH_LIMIT);
            transfer.abort();
        }
    }

    private static FileFormat textFormat(Destination destination) {
        Encoding encoding = destination.encoding();
        assumeThat(encoding.compression()).isEqualTo(Compression.NONE);
        assumeThat(encoding.format()).isNotEqualTo(FileFormat.PARQUET);
        return encoding.format();
    }

    // Doing it again changes nothing

    @Test
    public void countsASliceOnceThatWasWrittenTwice() throws InterruptedException {
        SampleRun run = run("first", 1, 2);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            SliceReceipt again = run.write(destination, 1);

            CommitResult.Committed _ = committed(run.commit(destination, List.of(receipts.get(0), again)));
            assertVisible(run);
            assertThat(harness().leftovers(run.context())).isEmpty();
        }
    }

    @Test
    public void countsASliceOnceThatTwoWorkersWroteAtTheSameTime() throws Exception {
        SampleRun run = bigRun("first", 1, 1);
        try (Destination one = harness().open();
                Destination other = harness().open();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<SliceReceipt> presumedDead = threads.submit(() -> run.write(one, 0));
            Future<SliceReceipt> retry = threads.submit(() -> run.write(other, 0));
            assertThat(presumedDead.get().rows()).isEqualTo(BIG_ROWS);

            CommitResult.Committed _ = run.commitWhateverItTakes(other, List.of(retry.get()));
            assertVisible(run);
            assertThat(harness().leftovers(run.context())).isEmpty();
        }
    }

    @Test
    public void commitsInAnotherProcessThanItWrote() throws InterruptedException {
        SampleRun run = run("first", 1, 2);
        List<SliceReceipt> receipts;
        try (Destination crashed = harness().open()) {
            receipts = run.writeAll(crashed);
        }
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            assertVisible(run);
        }
    }

    @Test
    public void repeatsACommitInAnotherProcess() throws InterruptedException {
        SampleRun run = run("first", 1, 3);
        List<SliceReceipt> receipts;
        CommitResult.Committed first;
        try (Destination crashed = harness().open()) {
            receipts = run.writeAll(crashed);
            first = committed(run.commit(crashed, receipts));
        }
        try (Destination destination = harness().open()) {
            CommitResult.Committed second = committed(run.commit(destination, receipts));
            assertThat(second.files()).containsExactlyInAnyOrderElementsOf(first.files());
            assertVisible(run);
        }
    }

    @Test
    public void writesSlicesAgainThatTheStoreLost() throws InterruptedException {
        SampleRun run = run("first", 1, 3);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = new ArrayList<>(run.writeAll(destination));
            harness().expireLeftovers(run.context());
            receipts.set(1, run.write(destination, 1));

            CommitResult lost = run.commit(destination, receipts);
            assertThat(lost).isEqualTo(new CommitResult.SlicesLost(Set.of(0, 2)));
            assertNothingVisible(run);

            receipts.set(0, run.write(destination, 0));
            receipts.set(2, run.write(destination, 2));
            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            assertVisible(run);
        }
    }

    // A commit whose outcome is unknown

    /// Every how many-th exchange of a commit is broken. For a store whose client makes so many that all of
    /// them would take minutes.
    protected int exchangeStep() {
        return 1;
    }

    /// Every single request of a commit is lost in turn, the store stays away, and the commit is repeated.
    /// In between a reader sees the earlier run, this one, or nothing: never a mixture.
    @ParameterizedTest
    @EnumSource
    public void repeatsACommitOfWhichAnyRequestWasLost(Loss loss) throws InterruptedException {
        try (Destination destination = harness().open();
                FaultyProxy proxy = FaultyProxy.to(harness().address())) {
            int exchange = 1;
            while (losesOneExchange(loss, exchange, destination, proxy)) {
                exchange += exchangeStep();
            }
            assertThat(exchange).isGreaterThan(1);
        }
    }

    private boolean losesOneExchange(Loss loss, int exchange, Destination destination, FaultyProxy proxy)
            throws InterruptedException {
        String table = model + "_" + exchange;
        SampleRun earlier = run(table, "earlier", 1, 3, ROWS);
        SampleRun run = run(table, "later", 2, 2, ROWS);
        if (replaces()) {
            CommitResult.Committed _ = earlier.export(destination);
        }
        List<SliceReceipt> receipts = run.writeAll(destination);

        proxy.inject(
                switch (loss) {
                    case REQUEST -> new FaultyProxy.Fault.LoseRequest(exchange, FaultyProxy.Then.OUTAGE);
                    case REPLY -> new FaultyProxy.Fault.LoseReply(exchange, FaultyProxy.Then.OUTAGE);
                });
        boolean reached;
        try (Destination broken = harness().openAt(proxy.address())) {
            Throwable failure = catchThrowable(() -> run.commit(broken, receipts));
            reached = proxy.exchanges() >= exchange;
            if (failure != null) {
                assertThat(failure)
                        .isInstanceOfSatisfying(
                                ExportException.class,
                                exception -> assertThat(exception.kind()).isEqualTo(ErrorKind.TRANSIENT));
            }
        } finally {
            proxy.heal();
        }
        assertThat(new HashSet<>(harness().visibleRows(run.context())))
                .as("what a reader sees after exchange %d was lost", exchange)
                .isIn(Set.of(), new HashSet<>(earlier.rows()), new HashSet<>(run.rows()));

        CommitResult.Committed _ = run.commitWhateverItTakes(destination, receipts);
        assertVisible(run);
        assertThat(harness().leftovers(run.context())).isEmpty();
        return reached;
    }

    @ParameterizedTest
    @EnumSource
    public void survivesTheLossOfAnyRequestWhileItWrites(Loss loss) throws InterruptedException {
        try (Destination destination = harness().open();
                FaultyProxy proxy = FaultyProxy.to(harness().address())) {
            for (int exchange = 1; exchange <= 6; exchange++) {
                SampleRun run = run(model + "_" + exchange, "first", 1, 1, ROWS);
                proxy.inject(
                        switch (loss) {
                            case REQUEST -> new FaultyProxy.Fault.LoseRequest(exchange, FaultyProxy.Then.RECOVERY);
                            case REPLY -> new FaultyProxy.Fault.LoseReply(exchange, FaultyProxy.Then.RECOVERY);
                        });
                List<SliceReceipt> receipts = new ArrayList<>();
                try (Destination broken = harness().openAt(proxy.address())) {
                    Throwable failure = catchThrowable(() -> receipts.addAll(run.writeAll(broken)));
                    if (failure != null) {
                        assertPassing(failure);
                        receipts.addAll(run.writeAll(destination));
                    }
                }
                CommitResult.Committed _ = committed(run.commit(destination, receipts));
                assertVisible(run);
                assertThat(harness().leftovers(run.context())).isEmpty();
            }
        }
    }

    @Test
    public void leavesNothingVisibleWhenTheStoreGoesAwayWhileItWrites() throws InterruptedException {
        SampleRun run = bigRun("first", 1, 1);
        try (Destination destination = harness().open();
                FaultyProxy proxy = FaultyProxy.to(harness().address());
                Destination broken = harness().openAt(proxy.address())) {
            proxy.inject(new FaultyProxy.Fault.CutAfterSent(run.file(0).length() / 2, FaultyProxy.Then.OUTAGE));
            assertPassing(catchThrowable(() -> run.write(broken, 0)));
            assertNothingVisible(run);

            CommitResult.Committed _ = run.export(destination);
            assertVisible(run);
            assertThat(harness().leftovers(run.context())).isEmpty();
        }
    }

    // A run of an interval that was exported before

    @Test
    public void replacesWhatAnEarlierRunExported() throws InterruptedException {
        assumeThat(replaces()).isTrue();
        SampleRun earlier = run("earlier", 1, 3);
        SampleRun later = run("later", 2, 1);
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = earlier.export(destination);
            CommitResult.Committed _ = later.export(destination);
            assertVisible(later);
            assertOnlyNamesOf(later);
        }
    }

    @Test
    public void replacesRowsByNone() throws InterruptedException {
        assumeThat(replaces()).isTrue();
        SampleRun earlier = run("earlier", 1, 3);
        SampleRun later = run("later", 2, 0);
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = earlier.export(destination);
            CommitResult.Committed _ = later.export(destination);
            assertThat(harness().visibleRows(later.context())).isEmpty();
            assertOnlyNamesOf(later);
        }
    }

    @Test
    public void addsToWhatAnEarlierRunExported() throws InterruptedException {
        assumeThat(replaces()).isFalse();
        SampleRun earlier = run("earlier", 1, 3);
        SampleRun later = run("later", 2, 2);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = earlier.writeAll(destination);
            CommitResult.Committed _ = committed(earlier.commit(destination, receipts));
            CommitResult.Committed _ = later.export(destination);
            CommitResult.Committed _ = committed(earlier.commit(destination, receipts));
            assertVisible(earlier, later);
        }
    }

    /// Whoever asks for it may have forgotten a run, for example because its database was restored from a backup:
    /// the generation may be smaller than that of the forgotten one.
    @Test
    public void aRunThatIsToBeTheFirstAddsNothingToWhatAnyOtherRunCommitted() throws InterruptedException {
        assumeThat(replaces()).isFalse();
        WriteMode mode = new WriteMode.AppendOnce();
        SampleRun forgotten = run("forgotten", 5, 2).with(mode);
        SampleRun smaller = run("smaller", 4, 3).with(mode);
        SampleRun greater = run("greater", 6, 3).with(mode);
        long rows = 2L * ROWS;
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = forgotten.export(destination);
            for (SampleRun run : List.of(smaller, greater)) {
                List<SliceReceipt> receipts = run.writeAll(destination);
                assertThat(run.commit(destination, receipts)).isEqualTo(new CommitResult.AlreadyCommitted(rows));
                assertThat(run.commit(destination, receipts)).isEqualTo(new CommitResult.AlreadyCommitted(rows));
            }
            assertVisible(forgotten);
            assertThat(harness().leftovers(greater.context())).isEmpty();
        }
    }

    /// A run that has forgotten its own commit, and reads other rows now.
    @Test
    public void aRunThatWasCommittedWithOtherRowsIsNotCommittedAgain() throws InterruptedException {
        assumeThat(replaces()).isFalse();
        SampleRun run = run("run", 1, 3);
        SampleRun again = new SampleRun(
                new TransferContext(
                        run.context().run(),
                        run.context().modelName(),
                        run.context().writeMode(),
                        run.context().columns(),
                        2),
                run.files().subList(0, 2));
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = run.export(destination);
            assertThat(again.commit(destination, again.writeAll(destination)))
                    .isEqualTo(new CommitResult.AlreadyCommitted(3L * ROWS));
            assertVisible(run);
        }
    }

    // Merging by a key: the text is the version, which grows with the label

    private static final WriteMode BY_ID = new WriteMode.Merge(List.of("id"), "text");

    @Test
    public void mergesByKeyWhereTheGreaterVersionWins() throws InterruptedException {
        assumeThat(harness().merges()).isTrue();
        SampleRun first = run("version 2", 1, 2).with(BY_ID);
        SampleRun older = run("version 1", 2, 3).with(BY_ID);
        SampleRun newer = run("version 3", 3, 1).with(BY_ID);
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = first.export(destination);
            assertVisible(first);
            CommitResult.Committed _ = older.export(destination);
            assertThat(harness().visibleRows(first.context()))
                    .containsExactlyInAnyOrderElementsOf(together(List.of(
                            first.file(0).rows(),
                            first.file(1).rows(),
                            older.file(2).rows())));
            CommitResult.Committed _ = newer.export(destination);
            assertThat(harness().visibleRows(first.context()))
                    .containsExactlyInAnyOrderElementsOf(together(List.of(
                            newer.file(0).rows(),
                            first.file(1).rows(),
                            older.file(2).rows())));
        }
    }

    @Test
    public void mergesTheRowsOfARunAmongThemselves() throws InterruptedException {
        assumeThat(harness().merges()).isTrue();
        List<SampleRow> old = SampleRow.of("version 1", 0, ROWS);
        List<SampleRow> current = SampleRow.of("version 2", 0, ROWS);
        SampleRun run = SampleRun.of(
                        export, model, INTERVAL, 1, List.of(together(List.of(old, current)), current, old), encoding())
                .with(BY_ID);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            assertThat(harness().visibleRows(run.context())).containsExactlyInAnyOrderElementsOf(current);
            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            assertThat(harness().visibleRows(run.context())).containsExactlyInAnyOrderElementsOf(current);
        }
    }

    @Test
    public void mergesWithoutAVersionSoThatTheLaterRunWins() throws InterruptedException {
        assumeThat(harness().merges()).isTrue();
        WriteMode mode = new WriteMode.Merge(List.of("id"), null);
        SampleRun earlier = run("version 2", 1, 2).with(mode);
        SampleRun later = run("version 1", 2, 1).with(mode);
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = earlier.export(destination);
            CommitResult.Committed _ = later.export(destination);
            assertThat(harness().visibleRows(later.context()))
                    .containsExactlyInAnyOrderElementsOf(together(
                            List.of(later.file(0).rows(), earlier.file(1).rows())));
        }
    }

    @Test
    public void writesSlicesOfAMergeAgainThatTheStoreLost() throws InterruptedException {
        assumeThat(harness().merges()).isTrue();
        SampleRun run = run("version 1", 1, 2).with(BY_ID);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            harness().expireLeftovers(run.context());
            assertThat(run.commit(destination, receipts)).isEqualTo(new CommitResult.SlicesLost(Set.of(0, 1)));
            CommitResult.Committed _ = run.export(destination);
            assertVisible(run);
        }
    }

    private static List<SampleRow> together(List<List<SampleRow>> parts) {
        return parts.stream().flatMap(List::stream).toList();
    }

    @Test
    public void leavesOtherIntervalsAlone() throws InterruptedException {
        SampleRun neighbour = SampleRun.of(
                        export,
                        model,
                        new Interval(INTERVAL.end(), INTERVAL.end().plus(INTERVAL.duration())),
                        1,
                        List.of(SampleRow.of("neighbour", 7, ROWS)),
                        encoding())
                .with(harness().rerun().writeMode());
        SampleRun run = run("first", 2, 2);
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = neighbour.export(destination);
            CommitResult.Committed _ = run.export(destination);
            run.abort(destination);
            assertVisible(neighbour);
            assertVisible(run);
        }
    }

    // Presumed dead, but alive

    @Test
    public void letsAnOlderRunNotCommitAfterALaterOne() throws InterruptedException {
        SampleRun older = run("older", 1, 3);
        SampleRun later = run("later", 2, 2);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = older.writeAll(destination);
            CommitResult.Committed _ = later.export(destination);
            List<String> names = harness().visibleNames(later.context());

            assertNotCommitted(older, destination, receipts);
            List<SliceReceipt> writtenAgain = older.writeAll(destination);
            assertNotCommitted(older, destination, writtenAgain);

            assertVisible(later);
            assertThat(harness().visibleNames(later.context())).isEqualTo(names);
            older.abort(destination);
            assertThat(harness().leftovers(older.context())).isEmpty();
            assertVisible(later);
        }
    }

    /// An older run's commit is held back at each of its requests in turn, while a later run of the same
    /// interval commits; then it goes on.
    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    public void letsAnOlderCommitThatWakesUpChangeNothing(int slices) throws Exception {
        assumeThat(replaces()).isTrue();
        try (Destination destination = harness().open();
                FaultyProxy proxy = FaultyProxy.to(harness().address())) {
            int exchange = 1;
            while (holdsOneExchange(slices, exchange, destination, proxy)) {
                exchange += exchangeStep();
            }
            assertThat(exchange).isGreaterThan(1);
        }
    }

    private boolean holdsOneExchange(int slices, int exchange, Destination destination, FaultyProxy proxy)
            throws Exception {
        String table = model + "_" + exchange;
        SampleRun oldest = run(table, "oldest", 1, 4, ROWS);
        SampleRun older = run(table, "older", 2, slices, ROWS);
        SampleRun later = run(table, "later", 3, 4, ROWS);
        CommitResult.Committed _ = oldest.export(destination);
        List<SliceReceipt> receipts = older.writeAll(destination);

        try (Destination slow = harness().openAt(proxy.address())) {
            proxy.inject(new FaultyProxy.Fault.Hold(exchange));
            FutureTask<CommitResult> zombie = inThread(() -> older.commit(slow, receipts));
            await().until(() -> proxy.isHolding() || zombie.isDone());
            boolean reached = proxy.isHolding();
            CommitResult.Committed _ = later.export(destination);
            List<String> names = harness().visibleNames(later.context());
            proxy.heal();
            Throwable outcome = catchThrowable(zombie::get);
            if (outcome != null) {
                assertThat(outcome.getCause()).isInstanceOf(ExportException.class);
            }

            assertThat(harness().visibleRows(later.context()))
                    .as("after the older commit woke up at exchange %d", exchange)
                    .containsExactlyInAnyOrderElementsOf(later.rows());
            assertThat(harness().visibleNames(later.context())).isEqualTo(names);
            return reached;
        } finally {
            proxy.heal();
        }
    }

    @Test
    public void recoversFromAnOlderRunThatGotInBetween() throws InterruptedException {
        assumeThat(replaces()).isTrue();
        SampleRun older = run("older", 1, 3);
        SampleRun later = run("later", 2, 2);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> oldReceipts = older.writeAll(destination);
            List<SliceReceipt> receipts = later.writeAll(destination);
            CommitResult _ = older.commit(destination, oldReceipts);
            older.abort(destination);

            CommitResult.Committed _ = later.commitWhateverItTakes(destination, receipts);
            assertVisible(later);
            assertOnlyNamesOf(later);
        }
    }

    @Test
    public void showsNothingOfASliceWrittenAfterTheCommit() throws InterruptedException {
        SampleRun run = run("first", 1, 2);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            SliceReceipt late = run.write(destination, 0);
            assertThat(late.rows()).isEqualTo(ROWS);
            assertVisible(run);

            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            assertVisible(run);
            assertThat(harness().leftovers(run.context())).isEmpty();
        }
    }

    // Torn, cancelled, given up

    @Test
    public void leavesNothingOfATornStream() {
        SampleRun run = bigRun("first", 1, 1);
        try (Destination destination = harness().open();
                Transfer transfer = destination.begin(run.context())) {
            for (long bytes : List.of(0L, 100L, run.file(0).length() - 1L)) {
                ExportException failure = catchThrowableOfType(
                        ExportException.class,
                        () -> transfer.write(
                                run.slice(0), GeneratedRows.tornAfter(run.file(0), bytes), progress -> {}));

                assertThat(failure).isNotNull();
                assertThat(failure.code()).isEqualTo(GeneratedRows.TORN);
                assertNothingVisible(run);
                assertThat(harness().leftovers(run.context())).isEmpty();
            }
        }
    }

    @Test
    public void stopsWritingWhenInterruptedAndLeavesNothing() throws Exception {
        SampleRun run = bigRun("first", 1, 1);
        try (Destination destination = harness().open();
                Transfer transfer = destination.begin(run.context())) {
            for (long bytes : List.of(0L, 100L, run.file(0).length() - 1L)) {
                GeneratedRows rows = GeneratedRows.stalledAfter(run.file(0), bytes);
                Interrupted writing = new Interrupted(() -> transfer.write(run.slice(0), rows, progress -> {}));
                rows.awaitStall();
                writing.interrupt(PROMPTLY);
                assertNothingVisible(run);
                assertThat(harness().leftovers(run.context())).isEmpty();
            }
        }
    }

    @Test
    public void stopsWritingWhenInterruptedWhileTheStoreIsSilent() throws Exception {
        SampleRun run = bigRun("first", 1, 1);
        try (Destination destination = harness().open();
                FaultyProxy proxy = FaultyProxy.to(harness().address());
                Destination silenced = harness().openAt(proxy.address());
                Transfer transfer = silenced.begin(run.context())) {
            GeneratedRows rows =
                    GeneratedRows.stalledAfter(run.file(0), run.file(0).length() - 1L);
            proxy.inject(new FaultyProxy.Fault.Hold(3));
            Interrupted writing = new Interrupted(() -> transfer.write(run.slice(0), rows, progress -> {}));
            await().until(proxy::isHolding);
            proxy.inject(new FaultyProxy.Fault.Silence());
            writing.interrupt(WITH_A_SILENT_STORE);
            assertNothingVisible(run);

            proxy.heal();
            run.abort(destination);
            assertThat(harness().leftovers(run.context())).isEmpty();
        }
    }

    @Test
    public void stopsACommitWhenInterrupted() throws Exception {
        SampleRun run = run("first", 1, 2);
        try (Destination destination = harness().open();
                FaultyProxy proxy = FaultyProxy.to(harness().address());
                Destination silenced = harness().openAt(proxy.address())) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            proxy.inject(new FaultyProxy.Fault.Silence());
            Interrupted committing = new Interrupted(() -> run.commit(silenced, receipts));
            await().until(proxy::isHolding);
            committing.interrupt(PROMPTLY);
            proxy.heal();

            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            assertVisible(run);
        }
    }

    @Test
    public void abortsWhatWasWrittenAndMayBeAskedTwice() throws InterruptedException {
        SampleRun run = bigRun("first", 1, 2);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            run.abort(destination);
            run.abort(destination);
            assertThat(harness().leftovers(run.context())).isEmpty();
            assertNothingVisible(run);

            CommitResult.Committed _ = run.commitWhateverItTakes(destination, receipts);
            assertVisible(run);
        }
    }

    @Test
    public void neverAbortsWhatWasCommitted() throws InterruptedException {
        SampleRun run = run("first", 1, 2);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            run.abort(destination);
            assertVisible(run);
            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            assertVisible(run);
        }
    }

    // Errors, and who has to act on them

    @Test
    public void callsAWrongSecretAnErrorOfTheUser() throws InterruptedException {
        SampleRun run = run("first", 1, 2);
        try (Destination destination = harness().open();
                Destination wrong = harness().openWithWrongSecret()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            assertOfTheUser(catchThrowable(() -> run.write(wrong, 0)));
            assertOfTheUser(catchThrowable(() -> run.commit(wrong, receipts)));
            assertOfTheUser(catchThrowable(() -> run.abort(wrong)));

            CommitResult.Committed _ = committed(run.commit(destination, receipts));
            assertVisible(run);
        }
    }

    @Test
    public void callsAMissingTargetAnErrorOfTheUser() {
        SampleRun run = run("first", 1, 1);
        try (Destination missing = harness().openWithMissingTarget()) {
            assertOfTheUser(catchThrowable(() -> run.write(missing, 0)));
        }
    }

    /// What was written before the store went away is still there to be committed.
    @Test
    public void callsAStoreThatIsAwayAPassingErrorAndGoesOnWhenItIsBack() throws InterruptedException {
        SampleRun run = run("first", 1, 2);
        try (Destination destination = harness().open()) {
            List<SliceReceipt> receipts = run.writeAll(destination);
            harness().stopStore();
            try {
                assertPassing(catchThrowable(() -> run.write(destination, 1)));
                assertPassing(catchThrowable(() -> run.commit(destination, receipts)));
                assertPassing(catchThrowable(() -> run.abort(destination)));
            } finally {
                harness().startStore();
            }
            CommitResult.Committed _ = run.commitWhateverItTakes(destination, receipts);
            assertVisible(run);
        }
    }

    @Test
    public void showsNoSecretInErrorsLogsOrTestResults() throws InterruptedException {
        SampleRun run = run("first", 1, 1);
        StringBuilder said = new StringBuilder();
        try (CapturedLog log = new CapturedLog();
                FaultyProxy proxy = FaultyProxy.to(harness().address());
                Destination destination = harness().open();
                Destination wrong = harness().openWithWrongSecret();
                Destination missing = harness().openWithMissingTarget();
                Destination away = harness().openAt(proxy.address())) {
            proxy.inject(new FaultyProxy.Fault.Outage());
            for (Destination each : List.of(wrong, missing, away)) {
                said.append(each).append(each.connectionTest());
                said.append(stackTrace(catchThrowable(() -> run.write(each, 0))));
                said.append(stackTrace(catchThrowable(() -> run.commit(each, List.of()))));
                said.append(stackTrace(catchThrowable(() -> run.abort(each))));
            }
            List<SliceReceipt> receipts = run.writeAll(destination);
            said.append(destination).append(receipts).append(destination.connectionTest());
            said.append(committed(run.commit(destination, receipts)));
            said.append(log.text());
        }
        for (String secret : harness().secrets()) {
            assertThat(said).doesNotContain(secret);
        }
    }

    // The connection test

    @Test
    public void passesTheConnectionTestAndLeavesNothing() {
        SampleRun run = run("first", 1, 0);
        try (Destination destination = harness().open()) {
            List<TestStep> steps = destination.connectionTest();
            assertThat(steps).isNotEmpty().allSatisfy(step -> {
                assertThat(step.status()).as("%s", step).isEqualTo(TestStep.Status.PASSED);
                assertThat(step.description()).isNotBlank();
            });
            assertThat(steps).extracting(TestStep::name).doesNotHaveDuplicates();
            assertNothingVisible(run);
            assertThat(harness().leftovers(run.context())).isEmpty();
        }
    }

    @Test
    public void namesTheStepOfTheConnectionTestThatFails() {
        try (Destination wrong = harness().openWithWrongSecret();
                Destination missing = harness().openWithMissingTarget();
                FaultyProxy proxy = FaultyProxy.to(harness().address());
                Destination away = harness().openAt(proxy.address())) {
            proxy.inject(new FaultyProxy.Fault.Outage());
            String atLogin = assertFailsAtOneStep(wrong);
            String atTarget = assertFailsAtOneStep(missing);
            String atConnection = assertFailsAtOneStep(away);
            assertThat(List.of(atLogin, atTarget, atConnection)).doesNotHaveDuplicates();
        }
    }

    private static String assertFailsAtOneStep(Destination destination) {
        List<TestStep> steps = destination.connectionTest();
        List<TestStep> failed = steps.stream()
                .filter(step -> step.status() == TestStep.Status.FAILED)
                .toList();
        assertThat(failed).as("%s", steps).hasSize(1);
        TestStep first = failed.getFirst();
        assertThat(first.message()).isNotBlank();
        int position = steps.indexOf(first);
        assertThat(steps.subList(0, position)).allMatch(step -> step.status() == TestStep.Status.PASSED);
        assertThat(steps.subList(position + 1, steps.size()))
                .allMatch(step -> step.status() == TestStep.Status.SKIPPED);
        return first.name();
    }

    // Fixtures

    /// A run of small slices.
    ///
    /// @param label in every row, to tell runs apart
    protected final SampleRun run(String label, long generation, int slices) {
        return run(model, label, generation, slices, ROWS);
    }

    private SampleRun run(String table, String label, long generation, int slices, int rows) {
        return SampleRun.of(
                        export,
                        table,
                        INTERVAL,
                        generation,
                        IntStream.range(0, slices)
                                .mapToObj(slice -> SampleRow.of(label, slice, rows))
                                .toList(),
                        encoding())
                .with(harness().rerun().writeMode());
    }

    /// A run of slices that take several requests each to write.
    protected final SampleRun bigRun(String label, long generation, int slices) {
        return SampleRun.of(
                        export,
                        model,
                        INTERVAL,
                        generation,
                        IntStream.range(0, slices)
                                .mapToObj(slice -> SampleRow.withPadding(label, slice, BIG_ROWS, BIG_ROW_CHARACTERS))
                                .toList(),
                        encoding())
                .with(harness().rerun().writeMode());
    }

    private Encoding encoding() {
        try (Destination destination = harness().open()) {
            return destination.encoding();
        }
    }

    private boolean replaces() {
        return harness().rerun() == DestinationHarness.Rerun.REPLACES;
    }

    /// @param runs of the same interval
    protected final void assertVisible(SampleRun... runs) {
        assertThat(harness().visibleRows(runs[0].context()))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(runs).flatMap(run -> run.rows().stream()).toList());
    }

    private void assertNothingVisible(SampleRun run) {
        assertThat(harness().visibleRows(run.context())).isEmpty();
        assertThat(harness().visibleNames(run.context())).isEmpty();
    }

    /// Compares with what the same run leaves in a place where nothing was before.
    private void assertOnlyNamesOf(SampleRun run) throws InterruptedException {
        TransferContext fresh = new TransferContext(
                run.context().run(),
                model + "_fresh",
                run.context().writeMode(),
                run.context().columns(),
                run.sliceCount());
        SampleRun alone = new SampleRun(fresh, run.files());
        try (Destination destination = harness().open()) {
            CommitResult.Committed _ = alone.export(destination);
        }
        assertThat(harness().visibleNames(run.context()))
                .hasSameSizeAs(harness().visibleNames(fresh));
    }

    private static void assertNotCommitted(SampleRun run, Destination destination, List<SliceReceipt> receipts)
            throws InterruptedException {
        try {
            assertThat(run.commit(destination, receipts)).isInstanceOf(CommitResult.SlicesLost.class);
        } catch (ExportException e) {
            assertThat(e.sentence()).isNotBlank();
        }
    }

    private static CommitResult.Committed committed(CommitResult result) {
        assertThat(result).isInstanceOf(CommitResult.Committed.class);
        return (CommitResult.Committed) result;
    }

    private void assertOfTheUser(Throwable failure) {
        assertThat(failure).isInstanceOfSatisfying(ExportException.class, exception -> {
            assertThat(exception.kind()).as("%s", exception).isEqualTo(ErrorKind.USER);
            assertThat(exception.fix()).isNotBlank();
        });
        assertReadable((ExportException) failure);
    }

    private void assertPassing(Throwable failure) {
        assertThat(failure)
                .isInstanceOfSatisfying(
                        ExportException.class,
                        exception ->
                                assertThat(exception.kind()).as("%s", exception).isEqualTo(ErrorKind.TRANSIENT));
        assertReadable((ExportException) failure);
    }

    /// One line that begins and ends like a sentence, and shows no secret.
    private void assertReadable(ExportException failure) {
        assertThat(failure.sentence()).matches("\\p{Lu}[^\\n]*\\.");
        for (String secret : harness().secrets()) {
            assertThat(stackTrace(failure) + failure.fix()).doesNotContain(secret);
        }
    }

    private static String stackTrace(Throwable failure) {
        StringWriter text = new StringWriter();
        if (failure != null) {
            failure.printStackTrace(new PrintWriter(text));
        }
        return text.toString();
    }

    private static <T> FutureTask<T> inThread(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread _ = Thread.startVirtualThread(task);
        return task;
    }

    /// Work in a virtual thread, as activities run, that is going to be interrupted.
    private static final class Interrupted {
        private final FutureTask<Object> task;
        private final Thread thread;

        Interrupted(Callable<Object> work) {
            task = new FutureTask<>(work);
            thread = Thread.startVirtualThread(task);
        }

        void interrupt(Duration limit) {
            thread.interrupt();
            assertThat(catchThrowable(() -> task.get(limit.toMillis(), TimeUnit.MILLISECONDS)))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
        }
    }

    private static long usedHeap() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
