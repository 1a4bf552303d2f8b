import type { BatchExport, Run } from '../api/client';

type Written = Pick<BatchExport, 'destination' | 'model' | 'rerun_mode'>;

/** Whether a run adds its rows to those of earlier runs of its interval: files are replaced, and rows with a key merged. */
export function appends({ destination, model, rerun_mode }: Written): boolean {
  return destination.type !== 'S3' && rerun_mode === 'append' && !hasKey(model);
}

function hasKey(model: unknown): boolean {
  if (typeof model === 'string') {
    return model !== 'events';
  }
  const key = (model as { primary_key?: unknown } | null)?.primary_key;
  return Array.isArray(key) && key.length > 0;
}

/** Whether a run ended without completing when it could have left rows at the destination. */
export function isHalfCommitted(run: Run): boolean {
  return run.finished_at !== null && run.status !== 'Completed' && run.commit_started;
}

/**
 * Whether rows are at the destination twice once the interval of a run is exported again. After a run that did not
 * complete nothing is added twice, even if it was committed.
 */
export function doubles(run: Run, export_: Written): boolean {
  return run.status === 'Completed' && run.records_completed > 0 && appends(export_);
}
