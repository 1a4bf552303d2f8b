-- The messages that are due are looked up for each webhook.
create index webhook_deliveries_due_by_webhook on webhook_deliveries (webhook_id, next_attempt_at, id)
    where next_attempt_at is not null;
drop index webhook_deliveries_due;
