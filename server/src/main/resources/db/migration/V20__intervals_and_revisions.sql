alter table batch_exports
    -- ranges of time in which another grid was in force, ascending:
    -- [{"start", "end", "frequency", "time_zone", "offset_hour", "offset_day"}]
    add column past_grids   jsonb not null default '[]',
    add column late_rows    text  not null default 'report',
    -- every expected interval up to this boundary has had its run; null: nobody has looked yet
    add column filled_until timestamptz,
    -- when to look for intervals without a run again; null: there will be none
    add column next_fill_at timestamptz;
update batch_exports set next_fill_at = now() where deleted_at is null;
create index batch_exports_to_fill on batch_exports (next_fill_at) where deleted_at is null and not paused;

-- When an export was paused. The boundaries within (paused_at, unpaused_at] have no run.
create table export_pauses (
    batch_export_id uuid        not null references batch_exports (id),
    -- 1970 for an export that was created paused
    paused_at       timestamptz not null,
    unpaused_at     timestamptz,
    -- whether a backfill was to export what had been missed
    caught_up       boolean     not null default false,
    primary key (batch_export_id, paused_at)
);
create unique index export_pauses_open on export_pauses (batch_export_id) where unpaused_at is null;
insert into export_pauses (batch_export_id, paused_at)
select id, coalesce(last_paused_at, created_at) from batch_exports where paused;

-- Every version of the configuration, without secrets, as a request would hold it.
create table export_revisions (
    batch_export_id uuid        not null references batch_exports (id),
    version         bigint      not null,
    created_at      timestamptz not null,
    author          text        not null,
    configuration   jsonb       not null,
    -- JSON pointers of the secrets that this version changed
    secrets_changed text[]      not null default '{}',
    primary key (batch_export_id, version)
);

alter table runs
    -- since when the destination may hold part of the run
    add column commit_started_at timestamptz,
    -- rows of the interval that became visible after the run had read it
    add column rows_late         bigint   not null default 0,
    add column recounts          smallint not null default 0,
    -- when the rows of the interval are counted again; null: no more
    add column next_recount_at   timestamptz;
create index runs_to_recount on runs (next_recount_at) where next_recount_at is not null;
create index runs_with_late_rows on runs (batch_export_id) where rows_late > 0;
