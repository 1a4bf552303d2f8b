import type { ExportSummary } from '../api/client';

/** Whether somebody has to look at an export. */
export function isTrouble(summary: Pick<ExportSummary, 'health'>): boolean {
  return summary.health === 'failing' || summary.health === 'late' || summary.health === 'retrying';
}

export function healthState(summary: ExportSummary): string {
  return summary.health === 'healthy' && summary.active_backfills > 0 ? 'backfilling' : summary.health;
}

/** Whether everything that has ended by now is exported; a new export has nothing to export yet. */
export function isUpToDate(summary: ExportSummary, now: number, length: number): boolean {
  return (summary.health === 'healthy' || summary.health === 'waiting') && !isStale(summary, now, length);
}

/** Whether the newest exported interval is older than the schedule explains. */
export function isStale(summary: ExportSummary, now: number, length: number): boolean {
  if (summary.fresh_until === null || summary.status !== 'active') {
    return false;
  }
  return now - Date.parse(summary.fresh_until) > 2 * length + 120_000;
}
