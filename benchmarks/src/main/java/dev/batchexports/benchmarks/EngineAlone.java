package dev.batchexports.benchmarks;

/// ClickHouse writing to S3 by itself: `INSERT INTO FUNCTION s3(...) SELECT ...`.
///
/// @param settings of the query beside those of the format, as SQL
record EngineAlone(ClickHouse clickhouse, String name, String settings) implements Contender {
    static final String NAME = "ClickHouse alone";

    /// What Batch Exports chooses for Parquet and ClickHouse does not by itself.
    private static final String TUNED =
            "output_format_compression_level = 1, output_format_parquet_write_bloom_filter = 0";

    static EngineAlone asItIs(ClickHouse clickhouse) {
        return new EngineAlone(clickhouse, NAME, "");
    }

    static EngineAlone tuned(ClickHouse clickhouse) {
        return new EngineAlone(clickhouse, "ClickHouse with our settings", TUNED);
    }

    @Override
    public boolean writes(Format format) {
        return settings.isEmpty() || format == Format.PARQUET_ZSTD;
    }

    @Override
    public Exported export(Format format, Rows rows, String prefix) throws InterruptedException {
        return Exported.timed(() -> {
            clickhouse.run(rows.insertStatement(format, prefix + "/rows." + format.fileExtension(), settings));
            return Usage.NONE;
        });
    }
}
