alter table batch_exports
    -- how many runs of the schedule in a row may fail before the export is paused; 0: any number
    add column pause_after_failures integer not null default 10;

-- How the runs of an export ended lately, those of backfills left out.
create table export_health (
    batch_export_id uuid primary key references batch_exports (id),
    failures_in_row integer     not null,
    -- since when no run has completed; null while all is well
    failing_since   timestamptz,
    -- when the export was last paused, as it was at the last count: another pause begins a new count
    paused_at       timestamptz
);
