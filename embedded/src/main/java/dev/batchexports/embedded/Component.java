package dev.batchexports.embedded;

/// What [EmbeddedPlatform] can start. Each is one process with a data folder and a log of its own.
public enum Component {
    TEMPORAL("Temporal", "temporal"),
    CLICKHOUSE("ClickHouse", "clickhouse"),
    S3("S3", "s3"),
    POSTGRES("PostgreSQL", "postgres");

    private final String displayName;
    private final String folderName;

    Component(String displayName, String folderName) {
        this.displayName = displayName;
        this.folderName = folderName;
    }

    /// The name as people write it.
    public String displayName() {
        return displayName;
    }

    /// Names the component's data folder, and its log `log/<folderName>.log`.
    String folderName() {
        return folderName;
    }
}
