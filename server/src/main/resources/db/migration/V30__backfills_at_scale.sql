alter table backfills
    -- the backfill whose failed runs this one executes again
    add column rerun_of       uuid references backfills (id),
    -- when its workflow has begun; null: it may not exist yet
    add column begun_at       timestamptz,
    -- since when it is Running; null while it is not
    add column active_since   timestamptz,
    -- how long it was Running before that
    add column active_seconds double precision not null default 0;
