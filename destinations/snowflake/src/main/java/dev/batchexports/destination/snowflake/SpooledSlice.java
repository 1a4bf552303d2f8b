package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// A slice on its way, in a file of its own, which is deleted when it is closed.
///
/// The driver's `uploadStream` is not used: it takes up to 128 MiB of every stream onto the heap before it sends
/// anything, several times what a transfer is granted.
final class SpooledSlice implements AutoCloseable {
    private static final int PIECE = 1 << 16;

    private final Path path;
    private final CRC32C checksum = new CRC32C();
    private long bytes;
    private long rows;

    private SpooledSlice(Path path) {
        this.path = path;
    }

    /// Reads the rows to their end.
    ///
    /// @throws ExportException when they break off, or the disk is full
    static SpooledSlice of(Spool spool, EncodedRows rows, TransferProgress progress) throws InterruptedException {
        try {
            SpooledSlice slice = new SpooledSlice(spool.newFile());
            boolean isWhole = false;
            try {
                slice.fill(rows, progress);
                isWhole = true;
                return slice;
            } finally {
                if (!isWhole) {
                    slice.close();
                }
            }
        } catch (IOException e) {
            throw new ExportException(
                    "SpoolFailed",
                    ErrorKind.TRANSIENT,
                    "The slice could not be kept in the worker's temporary folder.",
                    "Make room in " + spool.folder() + ", or choose another folder with -Djava.io.tmpdir.",
                    e);
        }
    }

    private void fill(EncodedRows source, TransferProgress progress) throws IOException, InterruptedException {
        byte[] piece = new byte[PIECE];
        try (OutputStream out = Files.newOutputStream(path, StandardOpenOption.WRITE)) {
            for (int read = read(source, piece); read >= 0; read = read(source, piece)) {
                out.write(piece, 0, read);
                checksum.update(piece, 0, read);
                bytes += read;
                progress.advanced(read);
            }
        }
        rows = source.rows();
    }

    /// A source that blocks shows an interrupt as a failure to read.
    private static int read(EncodedRows source, byte[] piece) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        try {
            return source.read(piece, 0, piece.length);
        } catch (RuntimeException e) {
            if (Thread.interrupted()) {
                InterruptedException interrupt = new InterruptedException();
                interrupt.initCause(e);
                throw interrupt;
            }
            throw e;
        }
    }

    Path path() {
        return path;
    }

    long bytes() {
        return bytes;
    }

    long rows() {
        return rows;
    }

    String checksum() {
        return "crc32c:%08x".formatted(checksum.getValue());
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new ExportException(
                    "SpoolFailed",
                    ErrorKind.TRANSIENT,
                    "A file in the worker's temporary folder could not be deleted.",
                    "Delete " + path + ".",
                    e);
        }
    }
}
