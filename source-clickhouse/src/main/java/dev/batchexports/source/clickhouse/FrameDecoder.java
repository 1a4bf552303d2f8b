package dev.batchexports.source.clickhouse;

import java.io.IOException;

/// Unpacks one compressed frame as its bytes arrive, to prove it whole. Used by one thread.
sealed interface FrameDecoder extends AutoCloseable permits GzipDecoder, ZstdDecoder, BrotliDecoder {
    /// Takes unpacked bytes; the array is reused after the call.
    interface Target {
        void accept(byte[] bytes, int offset, int length);
    }

    /// Unpacks what these bytes complete.
    ///
    /// @throws IOException if the frame is damaged, or bytes follow its end
    void decode(byte[] bytes, int offset, int length, Target target) throws IOException;

    /// Whether the end of the frame was seen, and its checksum, where the method has one, is right.
    boolean isClosed();

    @Override
    void close();

    static FrameDecoder of(StreamCompression compression) throws IOException {
        return switch (compression) {
            case GZIP -> new GzipDecoder();
            case ZSTD -> new ZstdDecoder();
            case BROTLI -> new BrotliDecoder();
            case NONE -> throw new IllegalArgumentException("nothing to unpack");
        };
    }
}
