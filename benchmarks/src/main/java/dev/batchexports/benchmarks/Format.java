package dev.batchexports.benchmarks;

import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;

/// What is written.
enum Format {
    JSON_GZIP("JSONLines + gzip", FileFormat.JSON_LINES, Compression.GZIP),
    JSON_ZSTD("JSONLines + zstd", FileFormat.JSON_LINES, Compression.ZSTD),
    PARQUET_ZSTD("Parquet + zstd", FileFormat.PARQUET, Compression.ZSTD),
    PARQUET_SNAPPY("Parquet + snappy", FileFormat.PARQUET, Compression.SNAPPY);

    private final String title;
    private final FileFormat format;
    private final Compression compression;

    Format(String title, FileFormat format, Compression compression) {
        this.title = title;
        this.format = format;
        this.compression = compression;
    }

    String title() {
        return title;
    }

    boolean isParquet() {
        return format == FileFormat.PARQUET;
    }

    /// `JSONLines` or `Parquet`, as in a destination's configuration.
    String formatWord() {
        return isParquet() ? "Parquet" : "JSONLines";
    }

    /// `gzip`, `zstd` or `snappy`.
    String compression() {
        return compression.word();
    }

    String fileExtension() {
        return new Encoding(format, compression).fileExtension();
    }
}
