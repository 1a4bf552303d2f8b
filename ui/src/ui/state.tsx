import type { IntervalState, Run } from '../api/client';
import { Icon } from './icons';
import type { IconName } from './icons';

type Tone = 'ok' | 'run' | 'warn' | 'bad' | 'idle';

/** Every state is colour, glyph and text. */
const LOOK: Record<string, { tone: Tone; icon: IconName; text?: string }> = {
  Completed: { tone: 'ok', icon: 'check' },
  Running: { tone: 'run', icon: 'ring' },
  Starting: { tone: 'run', icon: 'clock' },
  Failed: { tone: 'bad', icon: 'cross' },
  Cancelled: { tone: 'idle', icon: 'stop' },
  Terminated: { tone: 'bad', icon: 'stop' },
  TimedOut: { tone: 'bad', icon: 'clock', text: 'Timed out' },
  Paused: { tone: 'idle', icon: 'pause' },
  healthy: { tone: 'ok', icon: 'check', text: 'Healthy' },
  failing: { tone: 'bad', icon: 'cross', text: 'Failing' },
  late: { tone: 'warn', icon: 'clock', text: 'Late' },
  retrying: { tone: 'warn', icon: 'retry', text: 'Retrying' },
  waiting: { tone: 'idle', icon: 'clock', text: 'Waiting' },
  paused: { tone: 'idle', icon: 'pause', text: 'Paused' },
  ended: { tone: 'idle', icon: 'end', text: 'Ended' },
  backfilling: { tone: 'run', icon: 'history', text: 'Backfilling' },
  ok: { tone: 'ok', icon: 'check', text: 'Up' },
  delivered: { tone: 'ok', icon: 'check', text: 'Delivered' },
  pending: { tone: 'warn', icon: 'retry', text: 'Pending' },
  failed: { tone: 'bad', icon: 'cross', text: 'Failed' },
  valid: { tone: 'ok', icon: 'check', text: 'Valid' },
  expired: { tone: 'idle', icon: 'end', text: 'Expired' },
  on: { tone: 'ok', icon: 'check', text: 'On' },
  off: { tone: 'idle', icon: 'pause', text: 'Off' },
  unavailable: { tone: 'bad', icon: 'cross', text: 'Down' },
};

export function State({ state, text }: { state: string; text?: string }) {
  const look = LOOK[state] ?? { tone: 'idle', icon: 'skip' };
  return (
    <span className={`state ${look.tone}`}>
      <Icon name={look.icon} className={state === 'Running' || state === 'backfilling' ? 'spin' : ''} />
      {text ?? look.text ?? state}
    </span>
  );
}

/** What a run shows: one that waits for its next attempt says so. */
export function RunState({ run }: { run: Pick<Run, 'status' | 'attempt' | 'next_retry_at'> }) {
  return isRetrying(run) ? <State state="retrying" text={`Retrying ×${run.attempt}`} /> : <State state={run.status} />;
}

export function isRetrying(run: Pick<Run, 'status' | 'next_retry_at'>): boolean {
  return run.status === 'Running' && run.next_retry_at !== null;
}

export const STATE_TEXT: Record<IntervalState, string> = {
  completed: 'Completed',
  running: 'Running',
  failed: 'Failed',
  missing: 'Missing',
  skipped: 'Skipped while paused',
  upcoming: 'Upcoming',
};

/** The latest intervals, oldest first. */
export function Strip({ states, length = 36 }: { states: string[]; length?: number }) {
  const shown = states.slice(-length);
  const totals = new Map<string, number>();
  shown.forEach((state) => totals.set(state, (totals.get(state) ?? 0) + 1));
  const summary = [...totals].map(([state, total]) => `${total} ${state}`).join(', ');
  return (
    <span className="strip" role="img" aria-label={shown.length ? `Last ${shown.length} intervals: ${summary}` : 'No interval yet'}>
      {Array.from({ length: length - shown.length }, (_, index) => (
        <i key={`none-${index}`} className="none" />
      ))}
      {shown.map((state, index) => (
        <i key={index} className={state} />
      ))}
    </span>
  );
}

const SHORT: Record<string, string> = { S3: 'S3', Snowflake: 'SF', Postgres: 'PG' };

export function Logo({ type, large = false }: { type: string; large?: boolean }) {
  return (
    <span className={`logo ${large ? 'large' : ''}`} aria-hidden="true">
      {SHORT[type] ?? type.slice(0, 2).toUpperCase()}
    </span>
  );
}
