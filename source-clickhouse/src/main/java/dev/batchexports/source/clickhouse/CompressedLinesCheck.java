package dev.batchexports.source.clickhouse;

import java.io.IOException;

/// Lines in one compressed frame: whole if the frame is closed and the last line complete.
final class CompressedLinesCheck implements StreamCheck {
    private final FrameDecoder decoder;
    private final LinesCheck lines;
    private long received;

    CompressedLinesCheck(FrameDecoder decoder, LinesCheck lines) {
        this.decoder = decoder;
        this.lines = lines;
    }

    @Override
    public void accept(byte[] bytes, int offset, int length) throws IOException {
        received += length;
        decoder.decode(bytes, offset, length, lines::accept);
    }

    /// ClickHouse writes no frame at all when there is no row.
    @Override
    public long rows() throws IOException {
        if (received > 0 && !decoder.isClosed()) {
            throw new IOException("its compression frame is not closed");
        }
        return lines.rows();
    }

    @Override
    public byte[] tail() {
        return lines.tail();
    }

    @Override
    public void close() {
        decoder.close();
    }
}
