package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Slice;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings one run to a table.
///
/// A slice is written into a [Staging] table of its own, which nobody reads. The commit is one transaction:
/// under the interval's lock it looks into the [Ledger], removes what earlier runs committed where the run
/// replaces, moves the rows from the staging tables into the target, and writes the run's row into the
/// ledger. Hence
///
/// - a reader sees all rows of the run or none;
/// - a commit whose reply was lost finds its row in the ledger, and changes nothing;
/// - a run that is to be the first of its interval finds in the ledger that it is not, and changes nothing;
/// - an older run that wakes up after a later one has committed finds that in the ledger, and is refused;
/// - a staging table that was lost, or emptied by a crash of the server, shows as a difference between the
///   receipt and what was moved: nothing is committed and the slice is written again.
///
/// The staging tables are dropped after the transaction, a few at a time, and by whoever repeats the
/// commit: dropped inside it, the thousands of a big run would take more locks than a server has.
final class PostgresTransfer implements Transfer {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresTransfer.class);
    private static final String UNDEFINED_TABLE = "42P01";

    private final PostgresServer server;
    private final String schema;
    private final String tableName;
    private final TransferContext context;
    private final Patience patience;
    private final Staging staging;
    private final Ledger ledger;

    PostgresTransfer(
            PostgresServer server, String schema, String tableName, TransferContext context, Patience patience) {
        this.server = server;
        this.schema = schema;
        this.tableName = tableName;
        this.context = context;
        this.patience = patience;
        this.staging = new Staging(schema, context.run(), patience);
        this.ledger = new Ledger(schema, tableName, context.run(), patience);
    }

    @Override
    public SliceReceipt write(Slice slice, EncodedRows rows, TransferProgress progress) throws InterruptedException {
        TargetTable target = target();
        return server.run(task("slice-" + slice.number(), "write slice " + (slice.number() + 1)), connection -> {
            ledger.ensure(connection);
            target.ensure(connection);
            long commit = ledger.enter(connection);
            return new SliceCopy(staging, target, commit, patience).write(connection, slice.number(), rows, progress);
        });
    }

    @Override
    public CommitResult commit(List<SliceReceipt> receipts) throws InterruptedException {
        requireOneOfEachSlice(receipts);
        List<StagedSlice> slices = receipts.stream()
                .map(StagedSlice::of)
                .sorted((one, other) -> Integer.compare(one.number(), other.number()))
                .toList();
        TargetTable target = target();
        return server.run(task("commit", "commit the interval"), connection -> {
            ledger.ensure(connection);
            target.ensure(connection);
            // The server answers nothing while it moves the rows; a dead one is found out by keep-alive.
            connection.setNetworkTimeout(
                    Runnable::run,
                    Math.toIntExact(patience.commit().plus(patience.request()).toMillis()));
            CommitResult result = commitUnlessDropped(connection, target, slices);
            if (!(result instanceof CommitResult.SlicesLost)) {
                staging.drop(connection);
            }
            return result;
        });
    }

    /// Somebody may drop a staging table right before it is read.
    private CommitResult commitUnlessDropped(Connection connection, TargetTable target, List<StagedSlice> slices)
            throws SQLException {
        try {
            return commit(connection, target, slices);
        } catch (SQLException e) {
            if (UNDEFINED_TABLE.equals(e.getSQLState())) {
                rollBack(connection);
                Set<Integer> missing = missing(connection, slices, ledger.enter(connection));
                if (!missing.isEmpty()) {
                    return new CommitResult.SlicesLost(missing);
                }
            }
            throw e;
        }
    }

    private CommitResult commit(Connection connection, TargetTable target, List<StagedSlice> slices)
            throws SQLException {
        long id = ledger.enter(connection);
        Set<Integer> missing = missing(connection, slices, id);
        Ledger.Page page = ledger.begin(connection);
        Optional<Ledger.Commit> earlier = page.of(context.run());
        if (earlier.isPresent()) {
            LOG.info("The run is in the ledger already: an earlier commit took effect");
            rollBack(connection);
            return earlier.get().rows() == rows(slices)
                    ? committed(slices, rows(slices))
                    : new CommitResult.AlreadyCommitted(earlier.get().rows());
        }
        if (context.writeMode() instanceof WriteMode.AppendOnce && page.isCommitted()) {
            rollBack(connection);
            return new CommitResult.AlreadyCommitted(page.rows());
        }
        if (page.hasLaterThan(context.run())) {
            throw ExportException.user(
                    "Superseded",
                    "A later run of this interval has committed already.",
                    "There is nothing to do; retry the interval if it should be exported once more.");
        }
        Set<Integer> lost = missing.isEmpty() ? move(connection, target, slices, page, id) : missing;
        if (lost.isEmpty()) {
            Transaction.commit(connection);
            return committed(slices, rows(slices));
        }
        rollBack(connection);
        return new CommitResult.SlicesLost(lost);
    }

    /// The slices whose staging table is not there, or whose rows carry another number: the run's row in the
    /// ledger was removed meanwhile.
    private Set<Integer> missing(Connection connection, List<StagedSlice> slices, long id) throws SQLException {
        Set<String> names = staging.names(connection);
        return slices.stream()
                .filter(slice -> !slice.place()
                        .map(place -> names.contains(place.table()) && place.commit() == id)
                        .orElse(slice.rows() == 0))
                .map(StagedSlice::number)
                .collect(Collectors.toSet());
    }

    /// Moves the rows and writes the ledger, but does not commit.
    ///
    /// @return the slices whose staging table does not hold what the receipt says
    private Set<Integer> move(
            Connection connection, TargetTable target, List<StagedSlice> slices, Ledger.Page page, long id)
            throws SQLException {
        List<StagedSlice> staged =
                slices.stream().filter(slice -> slice.place().isPresent()).toList();
        List<String> statements = new ArrayList<>();
        statements.add(ledger.completion(id, rows(slices)));
        return switch (context.writeMode()) {
            case WriteMode.Append(), WriteMode.AppendOnce() -> insert(connection, target, statements, staged);
            case WriteMode.Replace() -> {
                if (!page.standing().isEmpty()) {
                    statements.add("DELETE FROM " + target.qualified() + " WHERE "
                            + Identifier.quote(TargetTable.COMMIT_COLUMN) + " IN (" + Ledger.list(page.standing())
                            + ")");
                    statements.add(ledger.replacement(page.standing(), id));
                }
                yield insert(connection, target, statements, staged);
            }
            case WriteMode.Merge merge -> {
                Set<Integer> torn = torn(connection, staged);
                if (torn.isEmpty()) {
                    if (!staged.isEmpty()) {
                        statements.add(new MergeStatement(target, merge, staging).sql(staged));
                    }
                    run(connection, statements);
                }
                yield torn;
            }
        };
    }

    private Set<Integer> insert(
            Connection connection, TargetTable target, List<String> before, List<StagedSlice> staged)
            throws SQLException {
        List<String> statements = new ArrayList<>(before);
        statements.addAll(insertions(target, staged));
        return checked(connection, staged, run(connection, statements));
    }

    private List<String> insertions(TargetTable target, List<StagedSlice> staged) {
        String names = Identifier.quote(target.allNames());
        return staged.stream()
                .map(slice -> "INSERT INTO " + target.qualified() + " (" + names + ") SELECT " + names + " FROM "
                        + staging.qualified(slice.table()))
                .toList();
    }

    /// All in one exchange, so that nothing is held while a message is under way. The first one marks the run as
    /// committed: rows that come without that must not stay.
    ///
    /// @return how many rows each statement touched
    private static long[] run(Connection connection, List<String> statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            for (String sql : statements) {
                statement.addBatch(sql);
            }
            long[] touched = statement.executeLargeBatch();
            if (touched[0] != 1) {
                throw Ledger.changed();
            }
            return touched;
        }
    }

    /// Compares what was moved with the receipts. The insertions are the last statements.
    private Set<Integer> checked(Connection connection, List<StagedSlice> staged, long[] moved) throws SQLException {
        int first = moved.length - staged.size();
        boolean isComplete = IntStream.range(0, staged.size())
                .allMatch(index -> moved[first + index] == staged.get(index).rows());
        if (isComplete) {
            return Set.of();
        }
        Set<Integer> torn = torn(connection, staged);
        if (torn.isEmpty()) {
            throw ExportException.user(
                    "RowsDropped",
                    "The table " + Identifier.qualify(schema, tableName)
                            + " took fewer rows than were inserted: a trigger or a rule drops some.",
                    "Remove the trigger or rule, or export to another table.");
        }
        return torn;
    }

    /// The slices whose staging table does not hold the rows of the receipt: a crash of the server has
    /// emptied it.
    private Set<Integer> torn(Connection connection, List<StagedSlice> staged) throws SQLException {
        Map<Integer, Long> counts = new HashMap<>();
        if (!staged.isEmpty()) {
            String sql = staged.stream()
                    .map(slice -> "SELECT " + slice.number() + ", count(*) FROM " + staging.qualified(slice.table()))
                    .collect(Collectors.joining(" UNION ALL "));
            try (Statement statement = connection.createStatement()) {
                statement.setEscapeProcessing(false);
                try (ResultSet result = statement.executeQuery(sql)) {
                    while (result.next()) {
                        counts.put(result.getInt(1), result.getLong(2));
                    }
                }
            }
        }
        Set<Integer> torn = new HashSet<>();
        for (StagedSlice slice : staged) {
            if (counts.getOrDefault(slice.number(), -1L) != slice.rows()) {
                torn.add(slice.number());
            }
        }
        return torn;
    }

    private static void rollBack(Connection connection) throws SQLException {
        connection.rollback();
        connection.setAutoCommit(true);
    }

    private CommitResult.Committed committed(List<StagedSlice> slices, long rows) {
        List<CommittedFile> files = slices.stream()
                .filter(slice -> slice.place().isPresent())
                .map(slice -> new CommittedFile(
                        schema + "." + tableName + "/" + slice.number(), slice.rows(), slice.bytes(), slice.checksum()))
                .toList();
        boolean isMerge = context.writeMode() instanceof WriteMode.Merge;
        return new CommitResult.Committed(files, isMerge ? OptionalLong.empty() : OptionalLong.of(rows));
    }

    private static long rows(List<StagedSlice> slices) {
        return slices.stream().mapToLong(StagedSlice::rows).sum();
    }

    @Override
    public void abort() {
        boolean interrupted = Thread.interrupted();
        try {
            server.run(task("abort", "drop the staging tables of the run"), connection -> {
                staging.drop(connection);
                return staging;
            });
        } catch (InterruptedException e) {
            interrupted = true;
            throw ExportException.passing("Interrupted", "Dropping the staging tables was interrupted.", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        // A transfer holds no connection.
    }

    private TargetTable target() {
        return new TargetTable(schema, tableName, context, patience);
    }

    private Task task(String purpose, String words) {
        RunKey run = context.run();
        return new Task(Task.APPLICATION + " " + run.runId() + " " + purpose, words);
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
}
