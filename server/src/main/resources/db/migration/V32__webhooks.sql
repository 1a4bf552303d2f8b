create table webhooks (
    id              uuid primary key,
    project_id      bigint      not null,
    -- null: every export of the project
    batch_export_id uuid references batch_exports (id),
    name            text        not null,
    url             text        not null,
    -- encrypted, in Base64; the cipher text names its key
    secret          text        not null,
    -- types of events; empty: all
    events          text[]      not null,
    enabled         boolean     not null,
    created_at      timestamptz not null,
    last_updated_at timestamptz not null
);
create index webhooks_by_project on webhooks (project_id, created_at desc, id desc);

-- The outbox: what has happened, written in the transaction that made it happen.
create table notifications (
    id              uuid primary key,
    -- stands for the change of state: it is told once, however often it is noticed
    change          text        not null unique,
    project_id      bigint      not null,
    batch_export_id uuid        not null references batch_exports (id),
    type            text        not null,
    -- as it is sent, byte for byte in every attempt
    body            text        not null,
    created_at      timestamptz not null
);
create index notifications_by_age on notifications (created_at);

create table webhook_deliveries (
    -- the webhook-id that receivers see
    id              uuid primary key,
    webhook_id      uuid        not null references webhooks (id) on delete cascade,
    -- null: a test
    notification_id uuid references notifications (id) on delete cascade,
    type            text        not null,
    body            text        not null,
    status          text        not null,
    attempts        integer     not null default 0,
    -- null once there will be no further attempt
    next_attempt_at timestamptz,
    created_at      timestamptz not null,
    finished_at     timestamptz
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where next_attempt_at is not null;
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, created_at desc, id desc);
create index webhook_deliveries_by_notification on webhook_deliveries (notification_id);
create index webhook_deliveries_by_age on webhook_deliveries (created_at);

create table webhook_attempts (
    delivery_id uuid        not null references webhook_deliveries (id) on delete cascade,
    number      integer     not null,
    started_at  timestamptz not null,
    latency_ms  bigint      not null,
    -- null when there was no answer
    status_code integer,
    -- how the body of the answer begins
    response    text        not null,
    -- what went wrong, in one sentence; empty when it was delivered
    error       text        not null,
    primary key (delivery_id, number)
);
