-- All times are UTC. Interval bounds have microsecond precision, as timestamptz has.

create table batch_exports (
    id                    uuid primary key,
    project_id            bigint      not null,
    name                  text        not null,
    model                 jsonb       not null,
    destination_type      text        not null,
    -- without secrets
    destination_config    jsonb       not null,
    -- a JSON object of the secret parameters, encrypted, in Base64; the cipher text names its key;
    -- empty when there are none
    destination_secrets   text        not null,
    frequency             text        not null,
    time_zone             text        not null,
    offset_hour           smallint    not null,
    offset_day            smallint    not null,
    filters               jsonb       not null,
    include_events        text[]      not null,
    exclude_events        text[]      not null,
    paused                boolean     not null,
    pause_reason          text,
    start_at              timestamptz,
    end_at                timestamptz,
    rerun_mode            text        not null,
    settle_seconds        integer     not null,
    give_up_after_seconds bigint      not null,
    -- grows with every change; a run records the one that it used
    version               bigint      not null,
    -- the version that the Temporal schedule was last made to match; smaller than version: the reconciler has work
    schedule_version      bigint      not null,
    created_at            timestamptz not null,
    last_updated_at       timestamptz not null,
    last_paused_at        timestamptz,
    deleted_at            timestamptz
);
create index batch_exports_by_project on batch_exports (project_id, created_at desc, id) where deleted_at is null;
create index batch_exports_out_of_step on batch_exports (id) where schedule_version < version;

create table backfills (
    id                  uuid primary key,
    batch_export_id     uuid        not null references batch_exports (id),
    -- null: from the earliest data
    start_at            timestamptz,
    end_at              timestamptz not null,
    scope               text        not null,
    concurrency         integer     not null,
    status              text        not null,
    total_runs          integer,
    finished_runs       integer     not null default 0,
    failed_runs         integer     not null default 0,
    total_records_count bigint,
    created_at          timestamptz not null,
    last_updated_at     timestamptz not null,
    finished_at         timestamptz
);
create index backfills_by_export on backfills (batch_export_id, created_at desc, id);
create index backfills_active on backfills (id) where finished_at is null;

create table runs (
    id                  uuid primary key,
    -- fencing token: grows with every run, whatever its export
    generation          bigint generated always as identity unique,
    batch_export_id     uuid        not null references batch_exports (id),
    backfill_id         uuid references backfills (id),
    retry_of            uuid references runs (id),
    trigger             text        not null,
    status              text        not null,
    data_interval_start timestamptz not null,
    data_interval_end   timestamptz not null,
    -- the boundary that the run was scheduled for; differs from the interval's end only when end_at cuts it short
    scheduled_at        timestamptz not null,
    export_version      bigint      not null,
    attempt             integer     not null default 1,
    next_retry_at       timestamptz,
    records_completed   bigint      not null default 0,
    records_total_count bigint,
    bytes_exported      bigint      not null default 0,
    files_count         integer     not null default 0,
    records_at_destination bigint,
    latest_error        jsonb,
    workflow_id         text        not null,
    workflow_run_id     text,
    -- columns of the plan, as the destination was told
    columns             jsonb,
    -- fingerprint of the settings that the run was planned with
    settings            text,
    created_at          timestamptz not null,
    started_at          timestamptz,
    finished_at         timestamptz,
    last_updated_at     timestamptz not null,
    check (data_interval_start < data_interval_end)
);
create index runs_by_export on runs (batch_export_id, data_interval_start desc, generation desc);
create index runs_by_backfill on runs (backfill_id) where backfill_id is not null;
create index runs_by_workflow on runs (workflow_id);
-- One interval of an export is never exported twice at once.
create unique index runs_one_active on runs (batch_export_id, scheduled_at) where status in ('Starting', 'Running');
create index runs_active on runs (last_updated_at) where status in ('Starting', 'Running');

create table run_slices (
    run_id       uuid    not null references runs (id) on delete cascade,
    number       integer not null,
    range_start  timestamptz not null,
    range_end    timestamptz not null,
    bucket       integer not null,
    buckets      integer not null,
    rows         bigint  not null,
    bytes        bigint  not null,
    -- encoded bytes that the destination has taken so far
    bytes_done   bigint  not null default 0,
    -- null until the slice is transferred
    receipt      jsonb,
    primary key (run_id, number)
);

create table run_attempts (
    run_id      uuid        not null references runs (id) on delete cascade,
    stage       text        not null,
    slice       integer     not null default -1,
    number      integer     not null,
    started_at  timestamptz not null,
    finished_at timestamptz,
    error       jsonb,
    primary key (run_id, stage, slice, number)
);

create table run_files (
    run_id   uuid    not null references runs (id) on delete cascade,
    position integer not null,
    key      text    not null,
    rows     bigint  not null,
    bytes    bigint  not null,
    checksum text    not null,
    primary key (run_id, position)
);

create table logs (
    id              bigint generated always as identity primary key,
    batch_export_id uuid        not null references batch_exports (id),
    run_id          uuid references runs (id) on delete cascade,
    timestamp       timestamptz not null,
    level           text        not null,
    stage           text        not null,
    message         text        not null
);
create index logs_by_export on logs (batch_export_id, id desc);
create index logs_by_run on logs (run_id, id desc);

create table api_tokens (
    id           uuid primary key,
    name         text        not null,
    -- null: every project
    project_id   bigint,
    scopes       text[]      not null,
    -- SHA-256 of the token; the token itself is shown once and never stored
    hash         bytea       not null unique,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    last_used_at timestamptz
);
