package dev.batchexports.source.clickhouse;

import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;

/// How a whole HTTP body is compressed. Parquet compresses inside the file, so its body never is.
enum StreamCompression {
    NONE("identity"),
    GZIP("gzip"),
    ZSTD("zstd"),
    BROTLI("br");

    private final String contentCoding;

    StreamCompression(String contentCoding) {
        this.contentCoding = contentCoding;
    }

    /// The word of the HTTP headers `Accept-Encoding` and `Content-Encoding`.
    String contentCoding() {
        return contentCoding;
    }

    static StreamCompression of(Encoding encoding) {
        return encoding.format() == FileFormat.PARQUET ? NONE : of(encoding.compression());
    }

    private static StreamCompression of(Compression compression) {
        return switch (compression) {
            case NONE -> NONE;
            case GZIP -> GZIP;
            case ZSTD -> ZSTD;
            case BROTLI -> BROTLI;
            case SNAPPY, LZ4 ->
                throw new IllegalArgumentException("no stream is compressed with " + compression.word());
        };
    }
}
