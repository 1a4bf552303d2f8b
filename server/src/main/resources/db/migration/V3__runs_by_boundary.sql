-- Whether an interval was exported before is asked at every start of a run and by every backfill.
create index runs_by_boundary on runs (batch_export_id, scheduled_at);
