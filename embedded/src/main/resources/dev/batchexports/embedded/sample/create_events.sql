CREATE TABLE IF NOT EXISTS events
(
    uuid UUID,
    event LowCardinality(String),
    distinct_id String,
    person_id UUID,
    properties String CODEC(ZSTD(1)),
    person_properties String CODEC(ZSTD(1)),
    elements_chain String CODEC(ZSTD(1)),
    timestamp DateTime64(6, 'UTC') CODEC(Delta, LZ4),
    created_at DateTime64(6, 'UTC') CODEC(Delta, LZ4),
    team_id Int64 CODEC(Delta, LZ4),
    inserted_at DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(Delta, LZ4)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(inserted_at)
ORDER BY (team_id, inserted_at, uuid)
