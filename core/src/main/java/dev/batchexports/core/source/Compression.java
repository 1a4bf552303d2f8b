package dev.batchexports.core.source;

import java.util.Locale;

/// How the bytes of a format are compressed: around the whole stream for text formats, inside the file
/// for Parquet.
public enum Compression {
    NONE(""),
    GZIP("gz"),
    ZSTD("zst"),
    BROTLI("br"),
    SNAPPY("sz"),
    LZ4("lz4");

    private final String extension;

    Compression(String extension) {
        this.extension = extension;
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The suffix of a compressed text file, without the dot; empty for none.
    public String extension() {
        return extension;
    }
}
