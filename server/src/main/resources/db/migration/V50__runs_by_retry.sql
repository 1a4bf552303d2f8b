-- Whoever removes a run asks for its retries.
create index runs_by_retry on runs (retry_of) where retry_of is not null;
