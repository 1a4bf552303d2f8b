package dev.batchexports.source.clickhouse;

import dev.batchexports.core.source.Encoding;
import java.io.IOException;
import java.util.Optional;

/// Counts the rows in the encoded bytes of one stream as they pass, and proves the stream whole by the end
/// of its format. Memory does not grow with the stream. Used by one thread.
sealed interface StreamCheck extends AutoCloseable permits LinesCheck, CompressedLinesCheck, ParquetCheck {
    /// Looks at the next bytes of the stream.
    ///
    /// @throws IOException if they cannot belong to a whole stream
    void accept(byte[] bytes, int offset, int length) throws IOException;

    /// How many rows the stream held, to be asked at its end.
    ///
    /// @throws IOException if the end of the format was not seen
    long rows() throws IOException;

    /// The last bytes, unpacked: where ClickHouse leaves its message when it breaks a stream off.
    byte[] tail();

    @Override
    void close();

    /// @param exceptionTag by which an error inside the body is told from rows, where the server uses one
    static StreamCheck of(Encoding encoding, Optional<String> exceptionTag) throws IOException {
        return switch (encoding.format()) {
            case JSON_LINES -> lines(encoding, LinesCheck.jsonLines(exceptionTag));
            case TAB_SEPARATED -> lines(encoding, LinesCheck.tabSeparated(exceptionTag));
            case PARQUET -> new ParquetCheck();
        };
    }

    private static StreamCheck lines(Encoding encoding, LinesCheck lines) throws IOException {
        StreamCompression compression = StreamCompression.of(encoding);
        return compression == StreamCompression.NONE
                ? lines
                : new CompressedLinesCheck(FrameDecoder.of(compression), lines);
    }
}
