package dev.batchexports.benchmarks;

/// ClickHouse writing to S3 by itself: `INSERT INTO FUNCTION s3(...) SELECT ...`.
record EngineAlone(ClickHouse clickhouse) implements Contender {
    static final String NAME = "ClickHouse alone";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean writes(Format format) {
        return true;
    }

    @Override
    public Exported export(Format format, Rows rows, String prefix) throws InterruptedException {
        return Exported.timed(() -> {
            clickhouse.run(rows.insertStatement(format, prefix + "/rows." + format.fileExtension()));
            return Usage.NONE;
        });
    }
}
