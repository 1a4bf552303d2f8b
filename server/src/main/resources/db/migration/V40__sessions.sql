-- Browsers that are signed in. A session is as good as the token that it was opened with, and ends with it.
create table sessions (
    -- SHA-256 of what the cookie holds
    hash       bytea primary key,
    token_id   uuid        not null references api_tokens (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_by_expiry on sessions (expires_at);
