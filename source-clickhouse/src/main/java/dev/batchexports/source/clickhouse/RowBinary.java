package dev.batchexports.source.clickhouse;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Reads a small answer in ClickHouse's RowBinary format: values one after the other, nothing between them.
final class RowBinary {
    private final ByteBuffer bytes;

    RowBinary(byte[] answer) {
        this.bytes = ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN);
    }

    boolean hasNext() {
        return bytes.hasRemaining();
    }

    /// An Int64, or a UInt64 below 2^63.
    ///
    /// @throws BufferUnderflowException if the answer ends before
    long nextLong() {
        return bytes.getLong();
    }

    /// The names that an answer in RowBinaryWithNames begins with.
    List<String> nextHeader() {
        List<String> names = new ArrayList<>();
        for (long count = nextLength(); count > 0; count--) {
            names.add(nextText());
        }
        return names;
    }

    /// A String.
    ///
    /// @throws BufferUnderflowException if the answer ends before
    String nextText() {
        long length = nextLength();
        if (length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] text = new byte[(int) length];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private long nextLength() {
        long length = 0;
        int shift = 0;
        byte part;
        do {
            part = bytes.get();
            length |= (long) (part & 0x7f) << shift;
            shift += 7;
        } while (part < 0);
        return length;
    }
}
