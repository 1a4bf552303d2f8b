import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Run } from '../../api/client';
import { intervalsQuery, metricsQuery, runsQuery, scheduleQuery, timelineQuery, UNDER_WAY, unsuccessfulRunsQuery } from '../../api/queries';
import { useNow, useZone } from '../../app/zone';
import { gridOf } from '../../exports/describe';
import { isStale } from '../../exports/health';
import { IntervalGrid } from '../../exports/IntervalGrid';
import { Lifetime } from '../../exports/Lifetime';
import { lateRowsOf, problemsOf, verifiedOf } from '../../exports/problems';
import { appends } from '../../exports/rerun';
import { useRunActions } from '../../exports/runActions';
import { RunsTable } from '../../exports/RunsTable';
import { rateOf, Stages } from '../../exports/Stages';
import { bytes, compact, count, duration, interval as showInterval, percent, plural, roughly, until } from '../../time/format';
import { floor, next, typicalLength } from '../../time/grid';
import { Button, Empty, Failure, Figure, Figures, Loading, Panel, Segments } from '../../ui/kit';
import { isRetrying, RunState } from '../../ui/state';
import type { LateRows } from '../../exports/problems';
import type { TabProps } from './Export';

const DAY = 86_400_000;
/** So many intervals are drawn at once at most. */
const MOST = 2_400;

interface Range {
  name: string;
  length: number;
}

function rangesOf(interval: string): Range[] {
  const length = typicalLength(interval);
  const named: Range[] = [
    { name: '30 min', length: DAY / 48 },
    { name: '3 h', length: DAY / 8 },
    { name: '12 h', length: DAY / 2 },
    { name: '24 h', length: DAY },
    { name: '3 days', length: 3 * DAY },
    { name: '7 days', length: 7 * DAY },
    { name: '14 days', length: 14 * DAY },
    { name: '30 days', length: 30 * DAY },
    { name: '90 days', length: 90 * DAY },
    { name: '1 year', length: 365 * DAY },
    { name: '3 years', length: 1095 * DAY },
  ];
  return named.filter((range) => range.length >= 24 * length && range.length / length <= MOST).slice(0, 3);
}

export function OverviewTab({ project, batchExport, summary, blocked, onBackfill }: TabProps) {
  const { zone } = useZone();
  const navigate = useNavigate();
  const { days } = useSearch({ from: '/shell/projects/$projectId/exports/$exportId/{-$tab}' });
  const now = useNow(5_000);
  const grid = gridOf(batchExport);
  const ranges = rangesOf(batchExport.interval);
  const range = ranges.find((candidate) => candidate.length / DAY === days) ?? ranges[Math.min(1, ranges.length - 1)]!;
  // Whole rows: from a midnight of the zone on, or from a full hour.
  const currentEnd = next(grid, now);
  const length = typicalLength(batchExport.interval);
  const rowGrid = length < 3_600_000 ? { ...grid, interval: 'hour' } : { interval: 'day', timezone: zone, offsetHour: 0, offsetDay: 0 };
  const start = new Date(floor(rowGrid, currentEnd - range.length)).toISOString();
  const end = new Date(currentEnd).toISOString();
  const intervals = useQuery(intervalsQuery(project, batchExport.id, start, end));
  const runs = useInfiniteQuery(runsQuery(project, batchExport.id, {}));
  const metrics = useQuery(metricsQuery(project, batchExport.id, new Date(floor({ ...grid, interval: 'hour' }, now) - 14 * DAY).toISOString()));
  const schedule = useQuery(scheduleQuery(project, batchExport.id));

  const latest = useMemo(() => runs.data?.pages.flatMap((page) => page.results) ?? [], [runs.data]);
  const underWay = useInfiniteQuery(runsQuery(project, batchExport.id, { status: UNDER_WAY }));
  const live = useMemo(() => underWay.data?.pages.flatMap((page) => page.results) ?? [], [underWay.data]);
  const active = [...live.filter((run) => run.status === 'Running'), ...live.filter((run) => run.status === 'Starting')];
  const retrying = useMemo(() => new Set(live.filter(isRetrying).map((run) => run.id)), [live]);
  const shown = useMemo(() => intervals.data?.results ?? [], [intervals.data]);
  const failed = useMemo(() => shown.flatMap((item) => (item.state === 'failed' && item.run_id ? [item.run_id] : [])), [shown]);
  const unsuccessful = useQuery(unsuccessfulRunsQuery(project, batchExport.id, start, end, failed));
  const decided = shown.filter((item) => item.state === 'completed' || item.state === 'failed' || item.state === 'missing');
  const covered = decided.filter((item) => item.state === 'completed').length;
  const gaps = decided.length - covered;
  const causes = unsuccessful.data;
  const asking = failed.length > 0 && unsuccessful.isPending;
  const problems = useMemo(() => (asking ? [] : problemsOf(shown, causes ?? [])), [asking, shown, causes]);
  const durations = (metrics.data?.results ?? []).map((metric) => metric.duration_seconds).sort((one, other) => one - other);
  const quantile = (share: number) => durations[Math.min(durations.length - 1, Math.floor(share * durations.length))];
  const fresh = summary?.fresh_until ? now - Date.parse(summary.fresh_until) : null;
  const late = useMemo(() => lateRowsOf(shown), [shown]);
  const verified = useMemo(() => verifiedOf(latest), [latest]);
  const nextRun = batchExport.status === 'active' ? schedule.data?.results[0] : undefined;

  return (
    <>
      <Figures>
        <Figure
          name="Freshness"
          value={fresh === null ? '—' : fresh < 0 ? '0 s' : roughly(fresh)}
          tone={summary && isStale(summary, now, length) ? 'bad' : ''}
          note={nextRun ? `next run ${until(Date.parse(nextRun.scheduled_at), now)}` : batchExport.status === 'active' ? 'no next run' : batchExport.status}
        />
        <Figure name={`Coverage, ${range.name}`} value={percent(covered, decided.length)} note={decided.length === 0 ? 'no interval has ended yet' : gaps === 0 ? `all ${plural(decided.length, 'interval')}` : `${plural(gaps, 'gap')} of ${plural(decided.length, 'interval')}`} />
        <Figure name="Rows, 24 h" value={summary ? compact(summary.rows_last_day) : '—'} note={summary ? bytes(summary.bytes_last_day) : ''} />
        <Figure name="Run time, p95 of 14 d" value={durations.length ? duration(quantile(0.95)! * 1000) : '—'} note={durations.length ? `median ${duration(quantile(0.5)! * 1000)}` : 'no completed run yet'} />
        <Figure name="Verified" value={verified.completed ? percent(verified.equal, verified.completed) : '—'} tone={verified.completed > 0 && verified.equal === verified.completed ? 'ok' : ''} note={verified.completed ? `${count(verified.equal)} of ${count(verified.completed)} latest: counted = written` : 'counts are compared in every run'} />
      </Figures>
      {active.slice(0, 2).map((run) => <ActiveRun key={run.id} project={project} run={run} blocked={blocked} />)}
      {problems.map((problem) => (
        <section key={problem.code} className={`panel alert ${problem.code === 'missing' || problem.code === 'retrying' ? 'warn' : ''}`} aria-label="Open problem">
          <div className="body row wrap" style={{ alignItems: 'flex-start' }}>
            <div className="grow" style={{ minWidth: 260 }}>
              <h2>{problem.title}</h2>
              <p className="muted">
                {plural(problem.intervals, 'interval')}, {showInterval(problem.first, problem.last, zone)}. {problem.fix}
              </p>
            </div>
            {problem.code !== 'retrying' && (
              <Button kind="primary" icon="retry" blocked={blocked} onClick={() => onBackfill({ start: new Date(problem.first).toISOString(), end: new Date(problem.last).toISOString(), scope: 'gaps' })}>
                Re-run {plural(problem.intervals, 'gap')}
              </Button>
            )}
          </div>
        </section>
      ))}
      {late && <LateRowsCard project={project} batchExport={batchExport} late={late} blocked={blocked} onBackfill={onBackfill} />}
      <Panel
        title="Intervals"
        actions={
          <Segments
            label="Range"
            value={range.name}
            options={ranges.map(({ name }) => ({ value: name, label: name }))}
            onChange={(name) =>
              void navigate({
                to: '/projects/$projectId/exports/$exportId/{-$tab}',
                params: { projectId: String(project), exportId: batchExport.id },
                search: { days: ranges.find((candidate) => candidate.name === name)!.length / DAY },
                replace: true,
              })
            }
          />
        }
      >
        {intervals.isPending && <Loading what="intervals" />}
        {intervals.isError && !intervals.data && <Failure what="The intervals" error={intervals.error} onRetry={() => void intervals.refetch()} />}
        {intervals.data && shown.length === 0 && (
          <Empty title="No interval was to be exported in this range">
            {nextRun ? `The first one ends and runs ${until(Date.parse(nextRun.scheduled_at), now)}. Earlier data is exported by a historic export.` : 'Earlier data is exported by a historic export.'}
          </Empty>
        )}
        {shown.length > 0 && (
          <div className="stack">
            <Lifetime project={project} exportId={batchExport.id} batchExport={batchExport} />
            <IntervalGrid project={project} exportId={batchExport.id} grid={grid} intervals={shown} retrying={retrying} blocked={blocked} onBackfill={(from, to) => onBackfill({ start: from, end: to })} />
          </div>
        )}
      </Panel>
      <Panel
        flush
        title="Runs"
        actions={<Link className="link" to="/projects/$projectId/exports/$exportId/{-$tab}" params={{ projectId: String(project), exportId: batchExport.id, tab: 'runs' }}>All runs</Link>}
      >
        {runs.isPending && <Loading what="runs" />}
        {runs.data && latest.length === 0 && <Empty title="No run yet">The first interval runs once it has ended{nextRun ? `, ${until(Date.parse(nextRun.scheduled_at), now)}` : ''}.</Empty>}
        {latest.length > 0 && (
          <RunsTable project={project} batchExport={batchExport} runs={latest} height={14} hasMore={runs.hasNextPage && !runs.isFetchingNextPage} onMore={() => void runs.fetchNextPage()} />
        )}
      </Panel>
    </>
  );
}

/** Where exporting again adds all rows a second time it says what to change first, instead of offering it. */
function LateRowsCard({ project, batchExport, late, blocked, onBackfill }: Pick<TabProps, 'project' | 'batchExport' | 'blocked' | 'onBackfill'> & { late: LateRows }) {
  const { zone } = useZone();
  const doubles = appends(batchExport);
  return (
    <section className="panel alert warn" aria-label="Open problem">
      <div className="body row wrap" style={{ alignItems: 'flex-start' }}>
        <div className="grow" style={{ minWidth: 260 }}>
          <h2>{plural(late.rows, 'row')} became visible after their intervals were exported</h2>
          <p className="muted">
            {plural(late.intervals, 'interval')}, {showInterval(late.first, late.last, zone)}. They are not at the destination.{' '}
            {doubles
              ? 'This export appends: exporting an interval again would add all its rows a second time. First set what happens when an interval is exported again to Replace (rerun_mode), then export these again.'
              : batchExport.late_rows === 'report' && 'Export the intervals again; with late rows set to Export this happens by itself.'}
          </p>
        </div>
        {doubles ? (
          <Link className="button" to="/projects/$projectId/exports/$exportId/{-$tab}" params={{ projectId: String(project), exportId: batchExport.id, tab: 'configuration' }}>Open the configuration</Link>
        ) : (
          <Button kind="primary" icon="retry" blocked={blocked} onClick={() => onBackfill({ start: new Date(late.first).toISOString(), end: new Date(late.last).toISOString(), scope: 'all' })}>
            Export again
          </Button>
        )}
      </div>
    </section>
  );
}

function ActiveRun({ project, run, blocked }: { project: number; run: Run; blocked: string | false }) {
  const { zone } = useZone();
  const now = useNow();
  const timeline = useQuery(timelineQuery(project, run.batch_export_id, run.id, true));
  const { cancel } = useRunActions(project, run);
  const rate = rateOf(run, timeline.data, now);
  return (
    <Panel
      title={
        <span className="row wrap">
          <RunState run={run} />
          {showInterval(Date.parse(run.data_interval_start), Date.parse(run.data_interval_end), zone)}
        </span>
      }
      actions={
        <>
          <span className="muted">
            {run.records_total_count !== null && `${compact(run.records_completed)} of ${compact(run.records_total_count)} rows · `}
            {bytes(run.bytes_exported)}
            {rate && ` · ${bytes(rate.bytesPerSecond)}/s`}
            {rate?.left != null && <> · <strong>≈ {duration(rate.left)} left</strong></>}
          </span>
          <Link className="button small" to="/projects/$projectId/exports/$exportId/runs/$runId" params={{ projectId: String(project), exportId: run.batch_export_id, runId: run.id }}>Watch live</Link>
          <Button size="small" kind="danger" busy={cancel.isPending} blocked={blocked} onClick={() => cancel.mutate()}>Cancel</Button>
        </>
      }
    >
      <Stages run={run} timeline={timeline.data} now={now} />
      {run.latest_error && isRetrying(run) && (
        <p className="callout warn" style={{ marginTop: 12 }}>
          <strong>{run.latest_error.message}</strong> {run.latest_error.fix} Attempt {run.attempt + 1} {run.next_retry_at && until(Date.parse(run.next_retry_at), now)}.
        </p>
      )}
    </Panel>
  );
}

