package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Slice;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Streams one slice into a multipart upload, which it leaves uncompleted: nothing is visible yet.
///
/// The calling thread reads and cuts; [PartUploads] sends the parts, several at a time, out of a fixed
/// set of buffers. Every call makes an upload of its own, so that two attempts to write the same slice
/// never mix; on any failure it removes that upload again.
final class SliceWriter {
    private final S3Bucket bucket;
    private final long bufferBytes;

    SliceWriter(S3Bucket bucket, long bufferBytes) {
        this.bucket = bucket;
        this.bufferBytes = bufferBytes;
    }

    /// @param metadata for the object, besides the token
    SliceReceipt write(
            String key,
            String contentType,
            Map<String, String> metadata,
            Slice slice,
            EncodedRows rows,
            TransferProgress progress)
            throws InterruptedException {
        String token = UUID.randomUUID().toString();
        PartSize partSize = PartSize.of(slice.bytes(), bufferBytes);
        CRC32C checksum = new CRC32C();
        long bytes = 0;
        S3Bucket.@Nullable Upload upload = null;
        try (PartUploads parts = new PartUploads(bucket, partSize, progress)) {
            while (true) {
                byte[] buffer = parts.takeBuffer();
                int length = fill(buffer, rows);
                boolean last = length < buffer.length;
                if (upload == null) {
                    if (last && rows.rows() == 0) {
                        return new SliceReceipt(slice.number(), 0, 0, checksum(checksum), Map.of());
                    }
                    upload = bucket.startUpload(key, contentType, withToken(metadata, token));
                }
                if (length > 0) {
                    checksum.update(buffer, 0, length);
                    bytes += length;
                    requirePossible(parts.count() + 1, key);
                    parts.upload(upload, buffer, length);
                }
                if (last) {
                    return new SliceUpload(
                                    upload,
                                    token,
                                    parts.count(),
                                    partSize.bytes(),
                                    SliceUpload.digest(parts.finish()),
                                    slice.number(),
                                    rows.rows(),
                                    bytes,
                                    checksum(checksum))
                            .receipt();
                }
            }
        } catch (RuntimeException | InterruptedException e) {
            // The parts under way have ended: none can arrive after its upload was removed.
            if (upload != null) {
                bucket.abandon(upload);
            }
            throw e;
        }
    }

    /// Fills the buffer as far as the rows reach.
    private static int fill(byte[] buffer, EncodedRows rows) throws InterruptedException {
        int filled = 0;
        while (filled < buffer.length) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            int read = read(buffer, filled, rows);
            if (read < 0) {
                return filled;
            }
            filled += read;
        }
        return filled;
    }

    /// A source that blocks shows an interrupt as a failure to read.
    private static int read(byte[] buffer, int offset, EncodedRows rows) throws InterruptedException {
        try {
            return rows.read(buffer, offset, buffer.length - offset);
        } catch (RuntimeException e) {
            if (Thread.interrupted()) {
                InterruptedException interrupt = new InterruptedException();
                interrupt.initCause(e);
                throw interrupt;
            }
            throw e;
        }
    }

    private static void requirePossible(int part, String key) {
        if (part > PartSize.MAX_PARTS) {
            throw new ExportException(
                    "FileTooLarge",
                    ErrorKind.USER,
                    "The file " + key + " grew beyond the " + PartSize.MAX_PARTS + " parts that S3 allows.",
                    "Set max_file_size_mb, so that the interval is split into several files.");
        }
    }

    private static Map<String, String> withToken(Map<String, String> metadata, String token) {
        Map<String, String> all = new TreeMap<>(metadata);
        all.put(SliceUpload.TOKEN_METADATA, token);
        return all;
    }

    private static String checksum(CRC32C checksum) {
        return "crc32c:%08x".formatted(checksum.getValue());
    }
}
