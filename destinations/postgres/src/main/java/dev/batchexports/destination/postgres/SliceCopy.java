package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/// Streams one slice into a staging table of its own, by COPY: ClickHouse's bytes as they are, through one
/// buffer. The table is made, filled and committed in one transaction, which is why its rows can be written
/// as old ones (`FREEZE`): whoever reads them first need not look up whether they were committed, and write
/// each page again to note it.
final class SliceCopy {
    private static final int BUFFER_BYTES = 128 << 10;

    private final Staging staging;
    private final TargetTable target;
    private final long commit;
    private final Patience patience;

    /// @param commit the number of the run
    SliceCopy(Staging staging, TargetTable target, long commit, Patience patience) {
        this.staging = staging;
        this.target = target;
        this.commit = commit;
        this.patience = patience;
    }

    /// @param connection in auto-commit mode
    SliceReceipt write(Connection connection, int slice, EncodedRows rows, TransferProgress progress)
            throws SQLException, InterruptedException {
        byte[] buffer = new byte[BUFFER_BYTES];
        CRC32C checksum = new CRC32C();
        int length = read(rows, buffer);
        if (length < 0) {
            return new StagedSlice(slice, Optional.empty(), 0, 0, text(checksum)).receipt();
        }
        String table = staging.newName(slice);
        CopyIn copy = begin(connection, table);
        long bytes = 0;
        while (length >= 0) {
            copy.writeToCopy(buffer, 0, length);
            checksum.update(buffer, 0, length);
            bytes += length;
            progress.advanced(length);
            length = read(rows, buffer);
        }
        long copied = copy.endCopy();
        if (copied != rows.rows()) {
            throw new ExportException(
                    "RowCountMismatch",
                    ErrorKind.INTERNAL,
                    "ClickHouse sent " + rows.rows() + " rows of slice " + slice + ", but PostgreSQL counted " + copied
                            + ".",
                    "If it stays, please report it.");
        }
        Transaction.commit(connection);
        return new StagedSlice(slice, Optional.of(new StagedSlice.Place(table, commit)), copied, bytes, text(checksum))
                .receipt();
    }

    private CopyIn begin(Connection connection, String table) throws SQLException {
        Transaction.begin(connection);
        // A slice takes as long as ClickHouse does: no time limit but that of the activity.
        Transaction.execute(
                connection,
                Transaction.settings(patience, Duration.ZERO)
                        + staging.creation(table, target.columnNames(), target.qualified(), commit, Instant.now()));
        return connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY " + staging.qualified(table) + " (" + Identifier.quote(target.columnNames())
                        + ") FROM STDIN (FORMAT text, FREEZE, ENCODING 'UTF8')");
    }

    /// A source that blocks shows an interrupt as a failure to read.
    private static int read(EncodedRows rows, byte[] buffer) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        try {
            return rows.read(buffer, 0, buffer.length);
        } catch (RuntimeException e) {
            if (Thread.interrupted()) {
                InterruptedException interrupt = new InterruptedException();
                interrupt.initCause(e);
                throw interrupt;
            }
            throw e;
        }
    }

    private static String text(CRC32C checksum) {
        return "crc32c:%08x".formatted(checksum.getValue());
    }
}
