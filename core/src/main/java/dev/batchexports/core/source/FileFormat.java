package dev.batchexports.core.source;

/// The formats that a source encodes and a destination understands.
public enum FileFormat {
    /// One JSON object a line.
    JSON_LINES("JSONLines", "jsonl"),
    PARQUET("Parquet", "parquet"),
    /// ClickHouse's TabSeparated, which is PostgreSQL's COPY text format.
    TAB_SEPARATED("TabSeparated", "tsv");

    private final String word;
    private final String extension;

    FileFormat(String word, String extension) {
        this.word = word;
        this.extension = extension;
    }

    public String word() {
        return word;
    }

    public String extension() {
        return extension;
    }
}
