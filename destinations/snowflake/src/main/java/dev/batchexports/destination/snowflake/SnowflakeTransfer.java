package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Slice;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Brings one run into a table.
///
/// A slice is one Parquet file on the stage of the user, in a folder of the run and the slice, under a name that no
/// other attempt uses: a file never changes once its receipt exists. The commit
///
/// 1. reads the [Ledger]: a run that is committed is not committed again, and none after a later one;
/// 2. looks for every file;
/// 3. loads the files into a temporary table, which nobody else sees and which has no memory of files loaded before,
///    and counts its rows;
/// 4. in one transaction: removes what earlier runs of the interval wrote (replace), inserts or merges the
///    loaded rows, and writes the ledger;
/// 5. reads the ledger back: nothing else decides whether the run is committed;
/// 6. removes the staged files of the interval.
///
/// Statements that create tables would commit a transaction, so they come before it.
///
/// **Fencing.** The transaction is one request, and it does nothing if this run or a later one of the interval has
/// been committed: a presumed dead worker that wakes up, or a repeated request, changes nothing.
final class SnowflakeTransfer implements Transfer {
    private static final String FILE_STATE = "file";

    /// How many files one COPY may name.
    private static final int FILES_OF_A_COPY = 1_000;

    private final Sessions sessions;
    private final Spool spool;
    private final TargetTable table;
    private final Ledger ledger;
    private final TransferContext context;

    SnowflakeTransfer(Sessions sessions, Spool spool, TableName table, TransferContext context) {
        this.sessions = sessions;
        this.spool = spool;
        this.table = new TargetTable(table, context.columns());
        this.ledger = new Ledger(table, context.run(), context.writeMode());
        this.context = context;
    }

    @Override
    public SliceReceipt write(Slice slice, EncodedRows rows, TransferProgress progress) throws InterruptedException {
        String folder = context.run().runId() + "/" + slice.number() + "/";
        try (Session session = open("slice-" + slice.number())) {
            List<String> _ = table.prepare(session);
            try (SpooledSlice spooled = SpooledSlice.of(spool, rows, progress)) {
                Map<String, String> state = Map.of();
                if (spooled.rows() > 0) {
                    try (UploadReports _ = UploadReports.begin(progress)) {
                        session.upload(spooled.path(), intervalFolder() + folder);
                    }
                    state = Map.of(FILE_STATE, folder + spooled.path().getFileName());
                }
                return new SliceReceipt(slice.number(), spooled.rows(), spooled.bytes(), spooled.checksum(), state);
            }
        }
    }

    @Override
    public CommitResult commit(List<SliceReceipt> receipts) throws InterruptedException {
        requireOneOfEachSlice(receipts);
        List<SliceReceipt> files = receipts.stream()
                .filter(receipt -> receipt.state().containsKey(FILE_STATE))
                .sorted(Comparator.comparingInt(SliceReceipt::number))
                .toList();
        try (Session session = open("commit")) {
            Ledger.State state = ledger.state(session);
            if (state instanceof Ledger.State.Open) {
                Set<Integer> lost = lost(session, files);
                if (!lost.isEmpty()) {
                    return new CommitResult.SlicesLost(lost);
                }
                commitOnce(session, files);
                state = ledger.state(session);
            }
            CommitResult result = result(session, state, files);
            session.run(SnowflakeAction.REMOVE_FILES, "REMOVE '@~/" + intervalFolder() + "'");
            return result;
        }
    }

    private void commitOnce(Session session, List<SliceReceipt> files) throws InterruptedException {
        List<String> expressions = table.prepare(session);
        String loaded = Sql.identifier("_batch_exports_load_" + context.run().runId());
        load(session, files, loaded);
        ledger.announce(session, rows(files));
        session.run(SnowflakeAction.COMMIT, ledger.commitSql(table, expressions, loaded));
    }

    /// @throws ExportException when a later run of the interval was committed, or none was
    private CommitResult result(Session session, Ledger.State state, List<SliceReceipt> files)
            throws InterruptedException {
        return switch (state) {
            case Ledger.State.Committed(long rows) ->
                rows == rows(files)
                        ? new CommitResult.Committed(
                                files.stream().map(this::committedFile).toList(), rowsAtDestination(session))
                        : new CommitResult.AlreadyCommitted(rows);
            case Ledger.State.CommittedByOthers(long rows) -> {
                ledger.withdraw(session);
                yield new CommitResult.AlreadyCommitted(rows);
            }
            case Ledger.State.Superseded(String later) ->
                throw ExportException.user(
                        "Superseded",
                        "A later run of this interval (" + later
                                + ") has been committed already; this one changed nothing.",
                        "Nothing needs to be done.");
            case Ledger.State.Open() ->
                throw ExportException.passing(
                        "CommitRefused",
                        "The run was aborted by somebody else while it was being committed; nothing was changed.",
                        null);
        };
    }

    private static long rows(List<SliceReceipt> files) {
        return files.stream().mapToLong(SliceReceipt::rows).sum();
    }

    private Set<Integer> lost(Session session, List<SliceReceipt> files) throws InterruptedException {
        if (files.isEmpty()) {
            return Set.of();
        }
        Set<String> staged = session.query(SnowflakeAction.LIST_FILES, "LIST '@~/" + intervalFolder() + "'").stream()
                .map(row -> fileName(row.text("name")))
                .collect(Collectors.toSet());
        return files.stream()
                .filter(file -> !staged.contains(fileName(file(file))))
                .map(SliceReceipt::number)
                .collect(Collectors.toSet());
    }

    /// The driver may repeat a request whose reply was lost, and so load a file twice; then it is done afresh.
    private void load(Session session, List<SliceReceipt> files, String loaded) throws InterruptedException {
        long expected = rows(files);
        long found = loadOnce(session, files, loaded);
        if (found != expected) {
            found = loadOnce(session, files, loaded);
        }
        if (found != expected) {
            throw new ExportException(
                    "RowCountMismatch",
                    ErrorKind.INTERNAL,
                    "The staged files hold " + expected + " rows, but Snowflake loaded " + found + ".",
                    "If it stays, please report it.");
        }
    }

    private long loadOnce(Session session, List<SliceReceipt> files, String loaded) throws InterruptedException {
        List<ColumnLoad> columns = table.columns();
        session.run(
                SnowflakeAction.CREATE_LOAD_TABLE,
                "CREATE OR REPLACE TEMPORARY TABLE " + loaded
                        + columns.stream()
                                .map(column -> column.quoted() + " " + column.loadType())
                                .collect(Collectors.joining(", ", " (", ")")));
        if (files.isEmpty()) {
            return 0;
        }
        String names = columns.stream().map(ColumnLoad::quoted).collect(Collectors.joining(", "));
        String values = columns.stream().map(ColumnLoad::fromFile).collect(Collectors.joining(", "));
        for (int first = 0; first < files.size(); first += FILES_OF_A_COPY) {
            String some = files.subList(first, Math.min(files.size(), first + FILES_OF_A_COPY)).stream()
                    .map(file -> Sql.text(file(file)))
                    .collect(Collectors.joining(", "));
            session.run(
                    SnowflakeAction.LOAD,
                    "COPY INTO " + loaded + " (" + names + ") FROM (SELECT " + values + " FROM '@~/" + intervalFolder()
                            + "') FILES = (" + some + ") FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE"
                            + " BINARY_AS_TEXT = FALSE USE_VECTORIZED_SCANNER = TRUE)"
                            + " ON_ERROR = ABORT_STATEMENT FORCE = TRUE");
        }
        return session.query(SnowflakeAction.LOAD, "SELECT COUNT(*) AS \"rows\" FROM " + loaded)
                .getFirst()
                .number("rows");
    }

    /// Rows that were merged have no run of their own for long: the next one may update them.
    private OptionalLong rowsAtDestination(Session session) throws InterruptedException {
        return switch (context.writeMode()) {
            case WriteMode.Append(), WriteMode.AppendOnce(), WriteMode.Replace() ->
                OptionalLong.of(session.query(
                                SnowflakeAction.READ_TABLE,
                                "SELECT COUNT(*) AS \"rows\" FROM "
                                        + table.name().sql() + " WHERE "
                                        + Sql.identifier(TargetTable.COMMIT_COLUMN) + " = "
                                        + Sql.text(context.run().runId().toString()))
                        .getFirst()
                        .number("rows"));
            case WriteMode.Merge merge -> OptionalLong.empty();
        };
    }

    @Override
    public void abort() {
        boolean isInterrupted = Thread.interrupted();
        try (Session session = open("abort")) {
            session.run(
                    SnowflakeAction.REMOVE_FILES,
                    "REMOVE '@~/" + intervalFolder() + context.run().runId() + "/'");
            ledger.withdraw(session);
        } catch (InterruptedException e) {
            isInterrupted = true;
            throw ExportException.passing("Interrupted", "Removing the staged files was interrupted.", e);
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        // Every session was closed by the call that opened it.
    }

    private Session open(String purpose) throws InterruptedException {
        return sessions.open(
                table.name(),
                "batch-exports-" + context.run().runId() + "-" + purpose,
                context.run().interval().duration());
    }

    private void requireOneOfEachSlice(List<SliceReceipt> receipts) {
        Set<Integer> numbers = receipts.stream().map(SliceReceipt::number).collect(Collectors.toSet());
        Set<Integer> expected = IntStream.range(0, context.sliceCount()).boxed().collect(Collectors.toSet());
        if (receipts.size() != numbers.size() || !numbers.equals(expected)) {
            throw new ExportException(
                    "ReceiptsIncomplete",
                    ErrorKind.INTERNAL,
                    "The plan has " + context.sliceCount() + " slices, but there are " + receipts.size()
                            + " receipts to commit.",
                    "This is not expected; please report it.");
        }
    }

    /// Of the interval, whichever run: what a worker that was lost for good left behind goes with the next run's files.
    private String intervalFolder() {
        return "batch-exports/" + context.run().exportId() + "/"
                + (context.run().interval().start() + "-"
                                + context.run().interval().end())
                        .replace(":", "") + "/";
    }

    /// The last part of a path, which no two files share.
    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String file(SliceReceipt receipt) {
        return receipt.state().getOrDefault(FILE_STATE, "");
    }

    private CommittedFile committedFile(SliceReceipt receipt) {
        return new CommittedFile(
                "@~/" + intervalFolder() + file(receipt), receipt.rows(), receipt.bytes(), receipt.checksum());
    }
}
