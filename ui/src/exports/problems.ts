import type { Interval, Run } from '../api/client';
import { plural } from '../time/format';

export interface OpenProblem {
  code: string;
  title: string;
  fix: string;
  first: number;
  last: number;
  intervals: number;
}

/** One problem for each cause among the gaps, worst first: the runs say why intervals failed. */
export function problemsOf(intervals: Interval[], runs: Run[]): OpenProblem[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const problems = new Map<string, OpenProblem>();
  const add = (code: string, title: string, fix: string, interval: Interval) => {
    const first = Date.parse(interval.data_interval_start);
    const last = Date.parse(interval.data_interval_end);
    const known = problems.get(code);
    if (known) {
      known.first = Math.min(known.first, first);
      known.last = Math.max(known.last, last);
      known.intervals++;
    } else {
      problems.set(code, { code, title, fix, first, last, intervals: 1 });
    }
  };
  for (const interval of intervals) {
    if (interval.state === 'missing') {
      add('missing', 'Intervals without a run', 'They have ended and nothing has exported them.', interval);
    } else if (interval.state === 'failed') {
      const run = interval.run_id ? byId.get(interval.run_id) : undefined;
      const error = run?.latest_error;
      if (error) {
        add(error.code, error.message, error.fix || 'Mend the cause, then export the gaps again.', interval);
      } else {
        const stopped = run && run.status !== 'Failed' ? run.status.toLowerCase() : null;
        add(stopped ?? 'failed', stopped ? `Runs that were ${stopped}` : 'Runs that failed', 'Their intervals are not at the destination.', interval);
      }
    }
  }
  return [...problems.values()].sort((one, other) => other.intervals - one.intervals).map((problem) => ({ ...problem, title: problem.title || plural(problem.intervals, 'failed interval') }));
}

export interface LateRows {
  rows: number;
  intervals: number;
  first: number;
  last: number;
}

/** Rows that became visible after their intervals were exported; null when there are none. */
export function lateRowsOf(intervals: Interval[]): LateRows | null {
  const late = intervals.filter((interval) => interval.rows_late > 0);
  if (late.length === 0) {
    return null;
  }
  return {
    rows: late.reduce((sum, interval) => sum + interval.rows_late, 0),
    intervals: late.length,
    first: Math.min(...late.map((interval) => Date.parse(interval.data_interval_start))),
    last: Math.max(...late.map((interval) => Date.parse(interval.data_interval_end))),
  };
}

/** Of the completed runs the latest of each interval, and how many of them wrote what ClickHouse has. */
export function verifiedOf(runs: Run[]): { completed: number; equal: number } {
  const latest = new Map<string, Run>();
  for (const run of runs) {
    const known = latest.get(run.data_interval_start);
    if (run.status === 'Completed' && (!known || known.created_at < run.created_at)) {
      latest.set(run.data_interval_start, run);
    }
  }
  const equal = [...latest.values()].filter((run) => run.records_total_count === run.records_completed && run.rows_late === 0);
  return { completed: latest.size, equal: equal.length };
}
