import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { ExportSummary, Overview } from '../api/client';
import { call } from '../api/client';
import { overviewQuery } from '../api/queries';
import type { HealthFilter } from '../app/router';
import { useBlocked } from '../app/session';
import { useNow } from '../app/zone';
import { DeleteDialog } from '../exports/DeleteDialog';
import { location, modelName, scheduleOf } from '../exports/describe';
import { healthState, isStale, isTrouble, isUpToDate } from '../exports/health';
import { bytes, compact, percent, plural, roughly, until } from '../time/format';
import { typicalLength } from '../time/grid';
import { Button, Empty, Failure, Figure, Figures, Loading, Menu, SearchBox, Segments, useToast } from '../ui/kit';
import { Logo, State, Strip } from '../ui/state';

const ROW = 56;

export function ExportsPage() {
  const { projectId } = useParams({ from: '/shell/projects/$projectId/exports' });
  const project = Number(projectId);
  const { q = '', show } = useSearch({ from: '/shell/projects/$projectId/exports' });
  const navigate = useNavigate({ from: '/projects/$projectId/exports' });
  const overview = useQuery(overviewQuery(project));
  const blocked = useBlocked();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());

  const all = overview.data?.exports;
  const shown = useMemo(() => {
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    return (all ?? []).filter((item) => {
      const text = `${item.name} ${modelName(item.model)} ${item.destination_type} ${location(item.destination_type, item.destination_config)}`.toLowerCase();
      return words.every((word) => text.includes(word)) && matches(item, show);
    });
  }, [all, q, show]);

  const newExport = (
    <Link className={`button primary`} to="/projects/$projectId/exports/new" params={{ projectId }} aria-disabled={blocked ? true : undefined} disabled={Boolean(blocked)} title={blocked || undefined}>
      + New export
    </Link>
  );

  return (
    <>
      <div className="head">
        <h1>Exports</h1>
        <div className="actions">{newExport}</div>
      </div>
      {overview.data && all!.length > 0 && <Totals overview={overview.data} />}
      {overview.isPending && <Loading what="exports" />}
      {overview.isError && !overview.data && <Failure error={overview.error} what="Exports" onRetry={() => void overview.refetch()} />}
      {all?.length === 0 && (
        <div className="panel">
          <Empty title="No export yet" action={newExport}>
            An export copies the rows of a model out of ClickHouse to a destination, interval by interval. Choose what to export and where to, test the connection, and it runs on its schedule.
          </Empty>
        </div>
      )}
      {all && all.length > 0 && (
        <>
          <div className="row wrap apart">
            <div className="row wrap">
              <SearchBox
                label="Filter exports"
                placeholder="Filter by name or destination"
                shortcut
                value={q}
                onChange={(text) => void navigate({ search: (now) => ({ ...now, q: text || undefined }), replace: true })}
              />
              <Segments<'all' | HealthFilter>
                label="Show"
                value={show ?? 'all'}
                onChange={(value) => void navigate({ search: (now) => ({ ...now, show: value === 'all' ? undefined : value }), replace: true })}
                options={[
                  { value: 'all', label: 'All' },
                  { value: 'attention', label: 'Needs attention' },
                  { value: 'healthy', label: 'Healthy' },
                  { value: 'paused', label: 'Paused' },
                ]}
              />
            </div>
            {chosen.size > 0 ? (
              <Bulk project={project} exports={shown.filter((item) => chosen.has(item.id))} onDone={() => setChosen(new Set())} />
            ) : (
              <span className="muted" role="status">{shown.length === all.length ? plural(all.length, 'export') : `${shown.length} of ${plural(all.length, 'export')}`}</span>
            )}
          </div>
          {shown.length === 0 ? (
            <div className="panel">
              <Empty title="No export matches" action={<Button onClick={() => void navigate({ search: {} })}>Show all</Button>}>
                {show === 'attention' && !q ? 'Every export is healthy, paused or ended.' : 'Try another word, or take the filter away.'}
              </Empty>
            </div>
          ) : (
            <Table project={project} exports={shown} chosen={chosen} onChoose={setChosen} />
          )}
        </>
      )}
    </>
  );
}

function matches(item: ExportSummary, show: HealthFilter | undefined): boolean {
  switch (show) {
    case undefined:
      return true;
    case 'attention':
      return isTrouble(item);
    case 'healthy':
      return item.health === 'healthy' || item.health === 'waiting';
    case 'paused':
      return item.health === 'paused' || item.health === 'ended';
  }
}

function Totals({ overview }: { overview: Overview }) {
  const now = Date.parse(overview.at);
  const of = (...health: string[]) => overview.exports.filter((item) => health.includes(item.health)).length;
  const trouble = overview.exports.filter(isTrouble).length;
  const kinds = [
    [of('failing'), 'failing'],
    [of('retrying'), 'retrying'],
    [of('late'), 'late'],
  ].filter(([total]) => (total as number) > 0).map(([total, name]) => `${total} ${name}`);
  const active = overview.exports.filter((item) => item.status === 'active');
  const fresh = active.filter((item) => isUpToDate(item, now, typicalLength(item.interval)));
  const gaps = overview.expected_intervals - overview.completed_intervals;
  const before = overview.rows_day_before;
  const change = before > 0 ? `${overview.rows_last_day >= before ? '+' : '−'}${Math.abs((100 * (overview.rows_last_day - before)) / before).toFixed(1)}% to the day before` : 'nothing the day before';
  return (
    <Figures>
      <Figure name="Needs attention" value={trouble} tone={trouble ? 'bad' : ''} note={kinds.join(' · ') || 'nothing is wrong'} />
      <Figure name="Up to date" value={`${fresh.length} of ${active.length}`} note={of('paused') ? `${of('paused')} paused, not counted` : 'active exports'} />
      <Figure name="Rows, last 24 h" value={compact(overview.rows_last_day)} note={change} />
      <Figure name="Volume, last 24 h" value={bytes(overview.bytes_last_day)} note="as written to destinations" />
      <Figure name="Coverage, last 30 d" value={percent(overview.completed_intervals, overview.expected_intervals)} note={overview.expected_intervals === 0 ? 'no interval has ended yet' : gaps === 0 ? `all ${plural(overview.expected_intervals, 'interval')}` : `${plural(gaps, 'interval')} open`} />
    </Figures>
  );
}

function Bulk({ project, exports, onDone }: { project: number; exports: ExportSummary[]; onDone: () => void }) {
  const queries = useQueryClient();
  const toast = useToast();
  const blocked = useBlocked();
  const change = useMutation({
    mutationFn: async (verb: 'pause' | 'unpause') => {
      const wanted = exports.filter((item) => (verb === 'pause' ? item.status === 'active' : item.status === 'paused'));
      const results = await Promise.allSettled(
        wanted.map((item) => call('POST', `/api/projects/${project}/batch_exports/${item.id}/${verb}/`, verb === 'unpause' ? { backfill: false } : undefined)),
      );
      return { verb, total: wanted.length, failed: results.filter((result) => result.status === 'rejected').length };
    },
    onSuccess: ({ verb, total, failed }) => {
      toast(failed ? `${failed} of ${total} could not be changed: try them one by one to see why.` : `${plural(total, 'export')} ${verb === 'pause' ? 'paused' : 'resumed'}.`, failed ? 'bad' : 'ok');
      onDone();
    },
    onSettled: () => void queries.invalidateQueries(),
  });
  const active = exports.filter((item) => item.status === 'active').length;
  const paused = exports.filter((item) => item.status === 'paused').length;
  return (
    <div className="row wrap">
      <span className="muted" role="status">{exports.length} chosen</span>
      <Button icon="pause" busy={change.isPending} blocked={blocked || (active === 0 && 'None of them is active.')} onClick={() => change.mutate('pause')}>Pause {active || ''}</Button>
      <Button icon="play" busy={change.isPending} blocked={blocked || (paused === 0 && 'None of them is paused.')} onClick={() => change.mutate('unpause')}>Resume {paused || ''}</Button>
      <Button kind="quiet" onClick={onDone}>Clear</Button>
    </div>
  );
}

function Table({ project, exports, chosen, onChoose }: { project: number; exports: ExportSummary[]; chosen: ReadonlySet<string>; onChoose: (chosen: ReadonlySet<string>) => void }) {
  const now = useNow(10_000);
  const body = useRef<HTMLDivElement>(null);
  const rows = useWindowVirtualizer({ count: exports.length, estimateSize: () => ROW, overscan: 8, scrollMargin: body.current?.offsetTop ?? 0, getItemKey: (index) => exports[index]!.id });
  const all = exports.every((item) => chosen.has(item.id));
  return (
    <div className="panel scroll-x">
      <div className="vtable" role="table" aria-label="Exports" aria-rowcount={exports.length + 1}>
        <div role="rowgroup">
          <div className="vhead exports" role="row">
            <span role="columnheader">
              <input type="checkbox" aria-label="Choose all" checked={all} onChange={() => onChoose(all ? new Set() : new Set(exports.map((item) => item.id)))} />
            </span>
            <span role="columnheader">Export</span>
            <span role="columnheader">Health</span>
            <span role="columnheader">Last 36 intervals</span>
            <span role="columnheader" className="number">Freshness</span>
            <span role="columnheader" className="number">Rows 24 h</span>
            <span role="columnheader" className="volume number">Volume 24 h</span>
            <span role="columnheader" className="apart-left">Schedule</span>
            <span role="columnheader"><span className="visually-hidden">Actions</span></span>
          </div>
        </div>
        <div role="rowgroup" className="vspace" ref={body} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const summary = exports[item.index]!;
            return (
              <Row
                key={item.key}
                project={project}
                summary={summary}
                now={now}
                top={item.start - rows.options.scrollMargin}
                index={item.index}
                last={item.index === exports.length - 1}
                chosen={chosen.has(summary.id)}
                onChoose={() => {
                  const next = new Set(chosen);
                  if (!next.delete(summary.id)) {
                    next.add(summary.id);
                  }
                  onChoose(next);
                }}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Row({ project, summary, now, top, index, last, chosen, onChoose }: { project: number; summary: ExportSummary; now: number; top: number; index: number; last: boolean; chosen: boolean; onChoose: () => void }) {
  const params = { projectId: String(project), exportId: summary.id };
  const fresh = summary.fresh_until === null ? null : now - Date.parse(summary.fresh_until);
  const stale = isStale(summary, now, typicalLength(summary.interval));
  const trouble = isTrouble(summary);
  return (
    <div className={`vrow exports ${last ? 'last' : ''}`} role="row" aria-rowindex={index + 2} style={{ height: ROW, transform: `translateY(${top}px)` }}>
      <span role="cell"><input type="checkbox" aria-label={`Choose ${summary.name}`} checked={chosen} onChange={onChoose} /></span>
      <span role="cell" className="row" style={{ minWidth: 0 }}>
        <Logo type={summary.destination_type} />
        <span style={{ minWidth: 0 }}>
          <Link className="strong clip" style={{ display: 'block' }} to="/projects/$projectId/exports/$exportId/{-$tab}" params={params}>{summary.name}</Link>
          <span className="mono muted clip" style={{ display: 'block' }} title={location(summary.destination_type, summary.destination_config)}>
            {location(summary.destination_type, summary.destination_config)}
          </span>
        </span>
      </span>
      <span role="cell" title={summary.latest_error && trouble ? `${summary.latest_error.message} ${summary.latest_error.fix}` : undefined}>
        <State state={healthState(summary)} />
      </span>
      <span role="cell"><Strip states={summary.strip} /></span>
      <span role="cell" className={`number ${stale ? 'danger strong' : ''}`}>
        {fresh === null ? <span className="muted">—</span> : fresh < 0 ? '0 s' : roughly(fresh)}
      </span>
      <span role="cell" className="number">{summary.rows_last_day ? compact(summary.rows_last_day) : <span className="muted">—</span>}</span>
      <span role="cell" className="volume number muted">{summary.bytes_last_day ? bytes(summary.bytes_last_day) : '—'}</span>
      <span role="cell" className="apart-left" style={{ minWidth: 0 }}>
        <span className="clip" style={{ display: 'block' }} title={scheduleOf(summary)}>{scheduleOf(summary)}</span>
        <span className={`small clip ${trouble && summary.next_retry_at ? '' : 'muted'}`} style={{ display: 'block' }}>{nextLine(summary, now)}</span>
      </span>
      <span role="cell"><RowMenu project={project} summary={summary} /></span>
    </div>
  );
}

function nextLine(summary: ExportSummary, now: number): string {
  if (summary.status === 'ended') {
    return 'has ended';
  }
  if (summary.status === 'paused') {
    return summary.pause_reason ? `paused: ${summary.pause_reason}` : 'paused by hand';
  }
  if (summary.next_retry_at) {
    return `tried again ${until(Date.parse(summary.next_retry_at), now)}`;
  }
  return summary.next_run_at ? `next ${until(Date.parse(summary.next_run_at), now)}` : 'no next run';
}

function RowMenu({ project, summary }: { project: number; summary: ExportSummary }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const toast = useToast();
  const blocked = useBlocked();
  const [deleting, setDeleting] = useState(false);
  const params = { projectId: String(project), exportId: summary.id };
  const change = useMutation({
    mutationFn: (verb: 'pause' | 'unpause') => call('POST', `/api/projects/${project}/batch_exports/${summary.id}/${verb}/`, verb === 'unpause' ? { backfill: false } : undefined),
    onSuccess: (_, verb) => toast(verb === 'pause' ? `${summary.name} is paused. What runs goes on.` : `${summary.name} is active again.`),
    onError: (error) => toast(error.message, 'bad'),
    onSettled: () => void queries.invalidateQueries(),
  });
  return (
    <>
      <Menu
        small
        label={`Actions for ${summary.name}`}
        entries={[
          { label: 'Open', icon: 'out', onSelect: () => void navigate({ to: '/projects/$projectId/exports/$exportId/{-$tab}', params }) },
          summary.status === 'paused'
            ? { label: 'Resume', icon: 'play', blocked, onSelect: () => change.mutate('unpause') }
            : { label: 'Pause', icon: 'pause', blocked: blocked || (summary.status === 'ended' && 'It has ended.'), onSelect: () => change.mutate('pause') },
          { label: 'Create historic export', icon: 'history', blocked, onSelect: () => void navigate({ to: '/projects/$projectId/exports/$exportId/{-$tab}', params, search: { backfill: 'new' } }) },
          { label: 'Configuration', icon: 'edit', onSelect: () => void navigate({ to: '/projects/$projectId/exports/$exportId/{-$tab}', params: { ...params, tab: 'configuration' } }) },
          { label: 'Delete', icon: 'trash', danger: true, blocked, onSelect: () => setDeleting(true) },
        ]}
      />
      {deleting && <DeleteDialog project={project} id={summary.id} name={summary.name} activeRuns={summary.active_runs} activeBackfills={summary.active_backfills} onClose={() => setDeleting(false)} />}
    </>
  );
}
