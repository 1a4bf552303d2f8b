CREATE TABLE IF NOT EXISTS persons
(
    team_id Int64,
    distinct_id String,
    person_id UUID,
    properties String CODEC(ZSTD(1)),
    person_version UInt64,
    person_distinct_id_version UInt64,
    -- The greater one is the newer state: first of whom the distinct id means, then of that person.
    version UInt64 DEFAULT bitOr(bitShiftLeft(person_distinct_id_version, 40), person_version),
    is_deleted UInt8,
    created_at DateTime64(6, 'UTC'),
    inserted_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(inserted_at)
ORDER BY (team_id, inserted_at, distinct_id)
