package dev.batchexports.source.clickhouse;

/// Who packs text formats with gzip.
public enum GzipBy {
    /// The process that transfers. It takes less CPU time than ClickHouse takes, and none of ClickHouse's,
    /// but 5 to 6 times as many bytes travel from ClickHouse to it. Where the machine cannot, ClickHouse does.
    WORKER,
    /// ClickHouse: for a narrow or expensive network between the two.
    CLICKHOUSE
}
