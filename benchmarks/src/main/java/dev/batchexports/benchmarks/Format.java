package dev.batchexports.benchmarks;

import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;

/// What is written.
enum Format {
    JSON_GZIP("JSONLines + gzip", new Encoding(FileFormat.JSON_LINES, Compression.GZIP)),
    JSON_ZSTD("JSONLines + zstd", new Encoding(FileFormat.JSON_LINES, Compression.ZSTD)),
    PARQUET_ZSTD("Parquet + zstd", new Encoding(FileFormat.PARQUET, Compression.ZSTD)),
    PARQUET_SNAPPY("Parquet + snappy", new Encoding(FileFormat.PARQUET, Compression.SNAPPY));

    private final String title;
    private final Encoding encoding;

    Format(String title, Encoding encoding) {
        this.title = title;
        this.encoding = encoding;
    }

    String title() {
        return title;
    }

    boolean isParquet() {
        return encoding.format() == FileFormat.PARQUET;
    }

    /// `JSONLines` or `Parquet`, as in a destination's configuration.
    String formatWord() {
        return isParquet() ? "Parquet" : "JSONLines";
    }

    /// `gzip`, `zstd` or `snappy`.
    String compression() {
        return encoding.compression().word();
    }

    String fileExtension() {
        return encoding.fileExtension();
    }
}
