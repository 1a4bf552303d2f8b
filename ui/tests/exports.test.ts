import { QueryClient } from '@tanstack/react-query';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BatchExport, ExportSummary, Interval, Run } from '../src/api/client';
import { staleKeys } from '../src/api/events';
import { unsuccessfulRunsQuery } from '../src/api/queries';
import { backfillCommand, location, manifestOf } from '../src/exports/describe';
import { isUpToDate } from '../src/exports/health';
import { layout } from '../src/exports/layout';
import { worst } from '../src/exports/Lifetime';
import { lateRowsOf, problemsOf, verifiedOf } from '../src/exports/problems';
import { appends, doubles, isHalfCommitted } from '../src/exports/rerun';

function intervals(start: string, length: number, states: Interval['state'][]): Interval[] {
  return states.map((state, index) => ({
    data_interval_start: new Date(Date.parse(start) + index * length).toISOString(),
    data_interval_end: new Date(Date.parse(start) + (index + 1) * length).toISOString(),
    state,
    run_id: state === 'failed' ? `run-${index}` : null,
    rows: null,
    rows_late: 0,
  }));
}

const HOUR = 3_600_000;
const hourly = { interval: 'hour', timezone: 'UTC', offsetHour: 0, offsetDay: 0 };

describe('what exports show', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('asks for the runs that failed until it has the cause of every gap, however many have run since', async () => {
    const asked: URL[] = [];
    const pages = [{ results: [{ id: 'newer' }], next: '/runs/?cursor=two' }, { results: [{ id: 'wanted' }], next: '/runs/?cursor=three' }];
    vi.stubGlobal('Request', class { constructor(readonly url: string) {} });
    vi.stubGlobal('fetch', async ({ url }: { url: string }) => {
      asked.push(new URL(url, 'http://server'));
      return new Response(JSON.stringify(pages[asked.length - 1]));
    });
    const runs = await new QueryClient().fetchQuery(unsuccessfulRunsQuery(1, 'e', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z', ['wanted']));
    expect(runs.map((run) => run.id)).toEqual(['newer', 'wanted']);
    expect(asked.map(({ searchParams }) => searchParams.get('cursor'))).toEqual([null, 'two']);
    expect(asked[0]!.searchParams.getAll('status')).toEqual(['Failed', 'TimedOut', 'Terminated', 'Cancelled']);
    expect(asked[0]!.searchParams.get('start')).toBe('2026-11-22T00:00:00Z');
  });

  it('counts an export as up to date only while nothing is wrong with it', () => {
    const of = (health: string, fresh_until: string | null = null) => isUpToDate({ health, fresh_until, status: 'active' } as ExportSummary, Date.parse('2026-11-22T12:00:00Z'), HOUR);
    expect(['failing', 'late', 'retrying'].map((health) => of(health))).toEqual([false, false, false]);
    expect(['waiting', 'healthy'].map((health) => of(health))).toEqual([true, true]);
    expect(of('healthy', '2026-11-22T11:00:00Z')).toBe(true);
    expect(of('waiting', '2026-11-22T01:00:00Z')).toBe(false);
  });

  it('lays hours out by day and hour of the zone, newest day first', () => {
    const shape = layout(intervals('2026-11-22T22:00:00Z', HOUR, Array(6).fill('completed') as 'completed'[]), hourly, 'UTC');
    expect(shape.columns).toBe(24);
    expect(shape.rows.map((row) => row.cells.filter(Boolean).length)).toEqual([4, 2]);
    expect(shape.rows[1]!.cells[22]?.data_interval_start).toBe('2026-11-22T22:00:00.000Z');
  });

  it('has room for the hour that comes twice', () => {
    const shape = layout(intervals('2026-10-24T22:00:00Z', HOUR, Array(25).fill('completed') as 'completed'[]), hourly, 'Europe/Berlin');
    expect(shape.rows).toHaveLength(1);
    expect(shape.columns).toBe(25);
    expect(shape.rows[0]!.cells.filter(Boolean)).toHaveLength(25);
  });

  it('gathers gaps by their cause and says what to change', () => {
    const all = intervals('2026-11-22T00:00:00Z', HOUR, ['completed', 'failed', 'failed', 'missing', 'completed']);
    const error = { code: 'AccessDenied', message: 'S3 denied it.', fix: 'Grant s3:PutObject.', retryable: false };
    const runs = ['run-1', 'run-2'].map((id) => ({ id, status: 'Failed', latest_error: error }) as Run);
    expect(problemsOf(all, runs)).toMatchObject([
      { code: 'AccessDenied', title: 'S3 denied it.', fix: 'Grant s3:PutObject.', intervals: 2 },
      { code: 'missing', intervals: 1 },
    ]);
  });

  it('knows which exports have rows twice when an interval is exported again', () => {
    const of = (type: string, model: unknown, rerun_mode: string) => ({ destination: { type, config: {} }, model, rerun_mode }) as unknown as BatchExport;
    expect(appends(of('Postgres', 'events', 'append'))).toBe(true);
    expect(appends(of('Snowflake', { table: 'orders', primary_key: [] }, 'append'))).toBe(true);
    expect(appends(of('Postgres', 'events', 'replace'))).toBe(false);
    expect(appends(of('S3', 'events', 'append'))).toBe(false);
    expect(appends(of('Postgres', 'persons', 'append'))).toBe(false);
    expect(appends(of('Postgres', { table: 'orders', primary_key: ['id'] }, 'append'))).toBe(false);

    const run = (status: string, commit_started: boolean, records_completed = 7) => ({ status, commit_started, records_completed, finished_at: status === 'Running' ? null : '2026-11-22T00:00:00Z' }) as Run;
    expect(isHalfCommitted(run('Running', true))).toBe(false);
    expect(isHalfCommitted(run('Completed', true))).toBe(false);
    expect(isHalfCommitted(run('Cancelled', true))).toBe(true);
    expect(isHalfCommitted(run('Failed', false))).toBe(false);
    const asks = (one: Run) => doubles(one, of('Postgres', 'events', 'append'));
    expect([run('Completed', true), run('TimedOut', true), run('Failed', false), run('Completed', true, 0)].map(asks)).toEqual([true, false, false, false]);
    expect(doubles(run('Completed', true), of('S3', 'events', 'append'))).toBe(false);
  });

  it('gathers the rows that became visible late, and does not call their runs verified', () => {
    const all = intervals('2026-11-22T00:00:00Z', HOUR, ['completed', 'completed', 'completed', 'completed']);
    expect(lateRowsOf(all)).toBeNull();
    all[1]!.rows_late = 2;
    all[2]!.rows_late = 3;
    expect(lateRowsOf(all)).toEqual({ rows: 5, intervals: 2, first: Date.parse('2026-11-22T01:00:00Z'), last: Date.parse('2026-11-22T03:00:00Z') });

    const run = (hour: number, status: string, created_at: string, rows_late: number, counted = 10) =>
      ({ status, created_at, rows_late, data_interval_start: `2026-11-22T0${hour}:00:00Z`, records_completed: 10, records_total_count: counted }) as Run;
    const runs = [run(3, 'Running', '2026-11-22T04:00:00Z', 0), run(2, 'Completed', '2026-11-22T03:00:00Z', 2), run(1, 'Completed', '2026-11-22T02:00:00Z', 0, 11)];
    expect(verifiedOf(runs)).toEqual({ completed: 2, equal: 0 });
    // Exported again since.
    expect(verifiedOf([run(2, 'Completed', '2026-11-22T05:00:00Z', 0), ...runs])).toEqual({ completed: 2, equal: 1 });
  });

  it('shows the worst of what one piece stands for', () => {
    expect(worst(intervals('2026-11-22T00:00:00Z', HOUR, ['completed', 'missing', 'completed', 'completed', 'failed', 'missing']), 3)).toEqual(['missing', 'completed', 'failed']);
  });

  it('shows the equal command, quoted for a shell', () => {
    expect(backfillCommand("events to Ann's lake", null, '2026-11-22T00:00:00Z', 'gaps', 4)).toBe(
      "bx backfill create 'events to Ann'\\''s lake' --end 2026-11-22T00:00:00Z --scope gaps --concurrency 4",
    );
    expect(location('S3', { bucket_name: 'lake', prefix: '/events/' })).toBe('s3://lake/events/');
  });

  it('knows the manifest beside files, and that tables have none', () => {
    const interval = 'events/2026/2026-11-22T01:00:00Z-2026-11-22T02:00:00Z';
    expect(manifestOf([`${interval}.parquet.zst`])).toBe(`${interval}_manifest.json`);
    expect(manifestOf([`${interval}-0.jsonl.gz`, `${interval}-1.jsonl.gz`])).toBe(`${interval}_manifest.json`);
    expect(manifestOf(['public.events/0'])).toBeNull();
    expect(manifestOf([])).toBeNull();
  });

  it('finds stale what an event names', () => {
    expect(staleKeys({ kind: 'run', exportId: 'e', id: 'r' })).toContainEqual(['run', 'e', 'r']);
    expect(staleKeys({ kind: 'backfill', exportId: 'e', id: 'b' })).toContainEqual(['backfills', 'e']);
  });
});
