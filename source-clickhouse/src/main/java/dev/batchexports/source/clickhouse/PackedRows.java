package dev.batchexports.source.clickhouse;

import dev.batchexports.core.source.EncodedRows;
import java.nio.ByteBuffer;

/// Lines that come plain from ClickHouse and are packed here, after they were counted and proved whole: what is
/// counted is what is packed. Saves the server the packing, which costs more than all else, and this process the
/// unpacking that [CompressedLinesCheck] needs.
///
/// A stream without rows stays without a byte, as ClickHouse packs it.
final class PackedRows implements EncodedRows {
    private final EncodedRows plain;
    private final GzipEncoder encoder = new GzipEncoder();
    private final byte[] input = new byte[GzipEncoder.INPUT];
    private boolean ended;
    private boolean closed;

    PackedRows(EncodedRows plain) {
        this.plain = plain;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        ByteBuffer packed = encoder.packed();
        while (!packed.hasRemaining()) {
            if (ended) {
                return -1;
            }
            packMore();
        }
        int count = Math.min(length, packed.remaining());
        packed.get(buffer, offset, count);
        return count;
    }

    private void packMore() {
        int filled = 0;
        while (filled < input.length && !ended) {
            int count = plain.read(input, filled, input.length - filled);
            if (count < 0) {
                ended = true;
            } else {
                filled += count;
            }
        }
        if (filled > 0) {
            encoder.pack(input, filled);
        }
    }

    @Override
    public long rows() {
        if (!ended || encoder.packed().hasRemaining()) {
            throw new IllegalStateException("the rows are known once the stream was read to its end");
        }
        return plain.rows();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        encoder.close();
        plain.close();
    }
}
