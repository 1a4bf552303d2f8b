CREATE TABLE IF NOT EXISTS sessions
(
    team_id Int64,
    session_id String,
    distinct_id String,
    start_timestamp DateTime64(6, 'UTC'),
    end_timestamp DateTime64(6, 'UTC'),
    duration_seconds UInt64 DEFAULT dateDiff('second', start_timestamp, end_timestamp),
    event_count UInt64,
    pageview_count UInt64,
    autocapture_count UInt64,
    entry_url String,
    exit_url String,
    referring_domain String,
    utm_source String,
    -- The greater one is the newer state.
    version UInt64 DEFAULT toUInt64(toUnixTimestamp64Micro(inserted_at)),
    inserted_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(inserted_at)
ORDER BY (team_id, inserted_at, session_id)
