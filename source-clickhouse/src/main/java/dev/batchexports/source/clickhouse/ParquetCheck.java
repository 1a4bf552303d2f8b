package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;

/// A Parquet file: whole if its footer is there, and the row groups in it add up.
///
/// The footer begins nobody knows where until the end, so the tail that may hold it is kept. It has about
/// 180 bytes for each column of each row group, 0.02 % of a file of events. What is kept grows from 1 MiB
/// to 16 MiB with the stream, which is enough for 8,000 row groups of 11 columns.
final class ParquetCheck implements StreamCheck {
    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
    /// The footer's length and the magic behind it.
    private static final int END_LENGTH = Integer.BYTES + MAGIC.length;
    private static final int LEAST_TAIL = 1 << 20;
    private static final int GREATEST_TAIL = 16 << 20;
    private static final int BYTES_PER_KEPT = 64;

    private final Tail tail = Tail.growing(LEAST_TAIL, GREATEST_TAIL, BYTES_PER_KEPT);

    @Override
    public void accept(byte[] bytes, int offset, int length) throws IOException {
        for (long index = tail.received(); index < MAGIC.length && index - tail.received() < length; index++) {
            if (bytes[offset + (int) (index - tail.received())] != MAGIC[(int) index]) {
                throw new IOException("it does not begin as a Parquet file");
            }
        }
        tail.accept(bytes, offset, length);
    }

    @Override
    public long rows() throws IOException {
        byte[] kept = tail.bytes();
        boolean ends = kept.length >= END_LENGTH
                && Arrays.equals(kept, kept.length - MAGIC.length, kept.length, MAGIC, 0, MAGIC.length);
        if (!ends) {
            throw new IOException("it does not end as a Parquet file");
        }
        int footerLength = ByteBuffer.wrap(kept).order(ByteOrder.LITTLE_ENDIAN).getInt(kept.length - END_LENGTH);
        long footerStart = tail.received() - END_LENGTH - footerLength;
        if (footerLength < 0 || footerStart < MAGIC.length) {
            throw new IOException("its Parquet footer has an impossible length");
        }
        int begin = kept.length - END_LENGTH - footerLength;
        if (begin < 0) {
            throw ExportException.user(
                    "ParquetFooterTooLong",
                    "The footer of the Parquet file has " + footerLength + " bytes, too many to be verified.",
                    "Make slices smaller, or row groups larger by the setting output_format_parquet_row_group_size.");
        }
        return rows(Util.readFileMetaData(new ByteArrayInputStream(kept, begin, footerLength)), footerStart);
    }

    private static long rows(FileMetaData footer, long footerStart) throws IOException {
        List<RowGroup> groups = footer.getRow_groups();
        if (groups == null) {
            throw new IOException("its Parquet footer has no list of row groups");
        }
        long rows = 0;
        for (RowGroup group : groups) {
            rows += group.getNum_rows();
            if (group.getFile_offset() + group.getTotal_compressed_size() > footerStart) {
                throw new IOException("its Parquet footer points behind its end");
            }
        }
        if (rows != footer.getNum_rows()) {
            throw new IOException("the row groups of its Parquet footer do not add up");
        }
        return rows;
    }

    @Override
    public byte[] tail() {
        byte[] kept = tail.bytes();
        return Arrays.copyOfRange(kept, Math.max(0, kept.length - (32 << 10)), kept.length);
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
