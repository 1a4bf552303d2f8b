package dev.batchexports.source.clickhouse;

import dev.batchexports.core.source.EncodedRows;
import java.nio.ByteBuffer;

/// Lines that come plain from ClickHouse and are packed here, after they were counted and proved whole: what is
/// counted is what is packed. Saves the server the packing, which costs more than all else, and this process the
/// unpacking that [CompressedLinesCheck] needs.
final class PackedRows implements EncodedRows {
    private final EncodedRows plain;
    private final GzipEncoder encoder = new GzipEncoder();
    /// The next input is read before the last one is packed: only then is it known to be the last.
    private byte[] input = new byte[GzipEncoder.INPUT];
    private byte[] next = new byte[GzipEncoder.INPUT];
    private int inputLength = -1;
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
        if (inputLength < 0) {
            inputLength = fill(input);
        }
        if (inputLength == 0) {
            // No row: no member either, as ClickHouse does it.
            ended = true;
            return;
        }
        int nextLength = inputLength < input.length ? 0 : fill(next);
        if (nextLength > 0) {
            encoder.pack(input, inputLength);
        } else {
            encoder.packLast(input, inputLength);
            ended = true;
        }
        byte[] done = input;
        input = next;
        next = done;
        inputLength = nextLength;
    }

    /// @return less than the array's length only at the end of the stream, which was seen to be whole
    private int fill(byte[] target) {
        int filled = 0;
        while (filled < target.length) {
            int count = plain.read(target, filled, target.length - filled);
            if (count < 0) {
                return filled;
            }
            filled += count;
        }
        return filled;
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
