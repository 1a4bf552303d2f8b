import type { Run, StageAttempt, Timeline } from '../api/client';
import { duration } from '../time/format';
import { Progress } from '../ui/kit';

export const STAGES = [
  ['start', 'Start'],
  ['plan', 'Plan'],
  ['transfer', 'Transfer'],
  ['commit', 'Commit'],
  ['verify', 'Verify'],
] as const;

/** How fast a run goes, and how long the rest of its transfer takes at that. */
export function rateOf(run: Run, timeline: Timeline | undefined, now: number): { rowsPerSecond: number; bytesPerSecond: number; share: number; left: number | null } | null {
  const transfers = timeline?.attempts.filter((attempt) => attempt.stage === 'transfer') ?? [];
  const first = Math.min(...transfers.map((attempt) => Date.parse(attempt.started_at)));
  if (!timeline || !Number.isFinite(first)) {
    return null;
  }
  const open = transfers.some((attempt) => attempt.finished_at === null);
  const end = open ? now : Math.max(...transfers.map((attempt) => Date.parse(attempt.finished_at ?? attempt.started_at)));
  const seconds = Math.max(0.001, (end - first) / 1000);
  const share = shareOf(run, timeline);
  return {
    rowsPerSecond: (share * (run.records_total_count ?? run.records_completed)) / seconds,
    bytesPerSecond: run.bytes_exported / seconds,
    share,
    left: share > 0.02 && share < 1 && run.finished_at === null ? (seconds * 1000 * (1 - share)) / share : null,
  };
}

/** How much of a run's rows is at the destination: of a slice under way, as much as of its bytes by the others' measure. */
export function shareOf(run: Run, timeline: Timeline): number {
  const total = timeline.slices.reduce((sum, slice) => sum + slice.rows, 0);
  if (run.status === 'Completed') {
    return 1;
  }
  if (total === 0) {
    return 0;
  }
  const done = timeline.slices.filter((slice) => slice.transferred);
  const raw = done.reduce((sum, slice) => sum + slice.bytes, 0);
  const written = done.reduce((sum, slice) => sum + slice.bytes_done, 0);
  // What a byte before encoding becomes; a guess until the first slice is done.
  const ratio = raw > 0 ? written / raw : 0.25;
  const rows = timeline.slices.reduce((sum, slice) => {
    const part = slice.transferred ? 1 : slice.bytes > 0 ? Math.min(0.98, slice.bytes_done / (slice.bytes * ratio)) : 0;
    return sum + part * slice.rows;
  }, 0);
  return rows / total;
}

function ofStage(timeline: Timeline | undefined, stage: string): StageAttempt[] {
  return timeline?.attempts.filter((attempt) => attempt.stage === stage) ?? [];
}

export function Stages({ run, timeline, now }: { run: Run; timeline: Timeline | undefined; now: number }) {
  return (
    <ol className="stages">
      {STAGES.map(([stage, title]) => {
        const attempts = ofStage(timeline, stage);
        const started = Math.min(...attempts.map((attempt) => Date.parse(attempt.started_at)));
        const open = attempts.some((attempt) => attempt.finished_at === null);
        const later = STAGES.slice(STAGES.findIndex(([name]) => name === stage) + 1).some(([name]) => ofStage(timeline, name).length > 0);
        const done = later || (attempts.length > 0 && !open && stage !== 'transfer');
        const share = done ? 1 : attempts.length === 0 ? (stage === 'start' ? 0.5 : 0) : stage === 'transfer' && timeline ? shareOf(run, timeline) : 0.5;
        const end = open ? now : Math.max(...attempts.map((attempt) => Date.parse(attempt.finished_at ?? attempt.started_at)));
        const tries = Math.max(0, ...attempts.map((attempt) => attempt.number));
        return (
          <li key={stage}>
            <Progress ok={done} part={share} total={1} label={`Stage ${title}`} />
            <div className="name">
              <span>{title}{tries > 1 && <span className="muted"> · attempt {tries}</span>}</span>
              <span className="muted">{stage === 'transfer' && !done && attempts.length > 0 ? `${Math.round(share * 100)}%` : attempts.length > 0 ? duration(end - started) : ''}</span>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
