-- For figures of what has finished lately.
create index runs_by_finish on runs (finished_at) where finished_at is not null;
