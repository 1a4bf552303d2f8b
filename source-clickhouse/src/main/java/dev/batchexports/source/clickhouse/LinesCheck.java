package dev.batchexports.source.clickhouse;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Text with one row a line: whole if its last line is.
final class LinesCheck implements StreamCheck {
    /// ClickHouse's messages have at most 16 KB, with a mark before and after.
    private static final int TAIL_LENGTH = 32 << 10;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LINE_ENDS = 0x0a0a0a0a0a0a0a0aL;
    private static final long LOW_BITS = 0x7f7f7f7f7f7f7f7fL;

    private final Tail tail = Tail.of(TAIL_LENGTH);
    private final String lineEnd;
    private final Optional<String> exceptionTag;
    private long lines;

    private LinesCheck(String lineEnd, Optional<String> exceptionTag) {
        this.lineEnd = lineEnd;
        this.exceptionTag = exceptionTag;
    }

    static LinesCheck jsonLines(Optional<String> exceptionTag) {
        return new LinesCheck("}\n", exceptionTag);
    }

    static LinesCheck tabSeparated(Optional<String> exceptionTag) {
        return new LinesCheck("\n", exceptionTag);
    }

    @Override
    public void accept(byte[] bytes, int offset, int length) {
        lines += countLineEnds(bytes, offset, length);
        tail.accept(bytes, offset, length);
    }

    /// Eight bytes at a time: 10 times the speed of a plain loop, which HotSpot does not vectorise.
    static long countLineEnds(byte[] bytes, int offset, int length) {
        long count = 0;
        int index = offset;
        int end = offset + length;
        for (; index <= end - Long.BYTES; index += Long.BYTES) {
            long difference = (long) LONGS.get(bytes, index) ^ LINE_ENDS;
            // The top bit of each byte is set unless the byte is zero, which is where a line ends.
            long others = ((difference & LOW_BITS) + LOW_BITS) | difference;
            count += Long.bitCount(~others & ~LOW_BITS);
        }
        for (; index < end; index++) {
            if (bytes[index] == '\n') {
                count++;
            }
        }
        return count;
    }

    @Override
    public long rows() throws IOException {
        String text = new String(tail.bytes(), StandardCharsets.ISO_8859_1);
        if (ServerError.parseStreamEnd(text, exceptionTag).isPresent()) {
            throw new IOException("it ends with an error message");
        }
        if (!text.isEmpty() && !text.endsWith(lineEnd)) {
            throw new IOException("its last line is not complete");
        }
        return lines;
    }

    @Override
    public byte[] tail() {
        return tail.bytes();
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
