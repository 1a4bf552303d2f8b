-- Browsers that are signed in. A session is as good as the token that it was opened with, and ends with it.
create table sessions (
    -- SHA-256 of what the cookie holds
    hash       bytea primary key,
    token_id   uuid        not null references api_tokens (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_by_expiry on sessions (expires_at);

-- What became of the configuration of each export: one row for each version. Kept by a trigger, so that no way of
-- changing an export can leave it out. Secrets are not in it.
create table batch_export_history (
    batch_export_id uuid        not null references batch_exports (id),
    version         bigint      not null,
    changed_at      timestamptz not null,
    settings        jsonb       not null,
    primary key (batch_export_id, version)
);

create function batch_export_settings(export batch_exports) returns jsonb
    language sql immutable
as
$$
select jsonb_build_object(
        'name', export.name,
        'model', export.model,
        'destination_type', export.destination_type,
        'destination_config', export.destination_config,
        'interval', export.frequency,
        'timezone', export.time_zone,
        'offset_hour', export.offset_hour,
        'offset_day', export.offset_day,
        'filters', export.filters,
        'include_events', to_jsonb(export.include_events),
        'exclude_events', to_jsonb(export.exclude_events),
        'paused', export.paused,
        'pause_reason', export.pause_reason,
        'start_at', export.start_at,
        'end_at', export.end_at,
        'rerun_mode', export.rerun_mode,
        'settle_seconds', export.settle_seconds,
        'give_up_after_seconds', export.give_up_after_seconds)
$$;

create function record_batch_export_history() returns trigger
    language plpgsql
as
$$
begin
    insert into batch_export_history (batch_export_id, version, changed_at, settings)
    values (new.id, new.version, new.last_updated_at, batch_export_settings(new))
    on conflict do nothing;
    return null;
end
$$;

create trigger batch_export_inserted after insert on batch_exports
    for each row execute function record_batch_export_history();
create trigger batch_export_changed after update on batch_exports
    for each row when (old.version is distinct from new.version)
    execute function record_batch_export_history();

insert into batch_export_history (batch_export_id, version, changed_at, settings)
select id, version, last_updated_at, batch_export_settings(batch_exports) from batch_exports;
