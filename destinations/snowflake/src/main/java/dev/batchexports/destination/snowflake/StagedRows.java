package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The rows of a slice as the stream that the driver wants, counted and summed on the way.
final class StagedRows extends InputStream {
    private final EncodedRows rows;
    private final TransferProgress progress;
    private final CRC32C checksum = new CRC32C();
    private volatile @Nullable ExportException failure;
    private volatile boolean isWhole;
    private long bytes;

    StagedRows(EncodedRows rows, TransferProgress progress) {
        this.rows = rows;
        this.progress = progress;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (isWhole) {
            return -1;
        }
        if (length == 0) {
            return 0;
        }
        if (failure != null) {
            throw new IOException("The rows have failed");
        }
        int read;
        try {
            read = rows.read(buffer, offset, length);
        } catch (ExportException e) {
            failure = e;
            throw new IOException("The rows have failed", e);
        }
        if (read < 0) {
            isWhole = true;
            return -1;
        }
        checksum.update(buffer, offset, read);
        bytes += read;
        progress.advanced(read);
        return read;
    }

    /// Why the rows broke off; null when they did not.
    @Nullable
    ExportException failure() {
        return failure;
    }

    /// Whether the end was seen.
    boolean isWhole() {
        return isWhole;
    }

    long bytes() {
        return bytes;
    }

    String checksum() {
        return "crc32c:%08x".formatted(checksum.getValue());
    }
}
