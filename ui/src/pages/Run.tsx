import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import type { BatchExport, Run, StageAttempt, Timeline } from '../api/client';
import { exportQuery, filesQuery, isActive, metricsQuery, runQuery, systemQuery, timelineQuery } from '../api/queries';
import { useBlocked } from '../app/session';
import { useNow, useZone } from '../app/zone';
import { BackfillDialog } from '../exports/BackfillDialog';
import { commonFolder, manifestOf, quoted } from '../exports/describe';
import { LogView } from '../exports/LogView';
import { isHalfCommitted } from '../exports/rerun';
import { useExportAgain, useRunActions } from '../exports/runActions';
import { runDuration } from '../exports/RunsTable';
import { rateOf, shareOf, STAGES } from '../exports/Stages';
import { bytes, compact, count, duration, interval as showInterval, moment, plural, until } from '../time/format';
import { Button, CopyButton, Empty, Failure, Figure, Figures, Loading, Panel, Progress } from '../ui/kit';
import { Icon } from '../ui/icons';
import { isRetrying, Logo, RunState } from '../ui/state';

export function RunPage() {
  const { projectId, exportId, runId } = useParams({ from: '/shell/projects/$projectId/exports/$exportId/runs/$runId' });
  const project = Number(projectId);
  const run = useQuery(runQuery(project, exportId, runId));
  if (run.isPending) {
    return <Loading what="the run" />;
  }
  if (!run.data) {
    return <Failure what="This run" error={run.error} onRetry={() => void run.refetch()} />;
  }
  return <Shown key={runId} project={project} run={run.data} />;
}

function Shown({ project, run }: { project: number; run: Run }) {
  const { zone } = useZone();
  const active = isActive(run);
  const now = useNow(active ? 1_000 : 60_000);
  const id = run.batch_export_id;
  const batchExport = useQuery(exportQuery(project, id));
  const timeline = useQuery(timelineQuery(project, id, run.id, active));
  const metrics = useQuery(metricsQuery(project, id, new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 14 * 86_400_000).toISOString()));
  const system = useQuery({ ...systemQuery, refetchInterval: false, staleTime: 60_000 });
  const blocked = useBlocked();
  const { cancel } = useRunActions(project, run);
  const [filter, setFilter] = useState({ level: 'all', search: '' });

  const name = batchExport.data?.name ?? 'Export';
  const shown = showInterval(Date.parse(run.data_interval_start), Date.parse(run.data_interval_end), zone);
  const taken = runDuration(run, now);
  const rate = rateOf(run, timeline.data, now);
  const share = timeline.data ? shareOf(run, timeline.data) : 0;
  const durations = (metrics.data?.results ?? []).map((metric) => metric.duration_seconds).sort((one, other) => one - other);
  const usual = durations[Math.floor(durations.length / 2)];
  const temporal = system.data?.temporal_ui_url && run.workflow_run_id
    ? `${system.data.temporal_ui_url.replace(/\/$/, '')}/namespaces/${encodeURIComponent(system.data.temporal_namespace)}/workflows/${encodeURIComponent(run.workflow_id)}/${encodeURIComponent(run.workflow_run_id)}/history`
    : null;
  const counted = run.records_total_count;
  const differs = run.status === 'Completed' && counted !== null && counted !== run.records_completed;
  const late = run.rows_late > 0;

  return (
    <>
      <div>
        <nav className="crumbs" aria-label="Breadcrumbs">
          <Link to="/projects/$projectId/exports" params={{ projectId: String(project) }}>Exports</Link>
          <span aria-hidden="true">/</span>
          <Link className="clip" to="/projects/$projectId/exports/$exportId/{-$tab}" params={{ projectId: String(project), exportId: id }}>{name}</Link>
          <span aria-hidden="true">/</span>
          <span>run</span>
        </nav>
        <div className="head" style={{ marginTop: 6 }}>
          <div className="row grow" style={{ gap: 12, alignItems: 'flex-start', minWidth: 300 }}>
            <Logo large type={batchExport.data?.destination.type ?? '…'} />
            <div style={{ minWidth: 0 }}>
              <div className="row wrap"><h1>{shown}</h1><RunState run={run} /></div>
              <div className="facts">
                <span>{{ schedule: 'Triggered by the schedule', backfill: 'Part of a backfill', retry: 'A retry' }[run.trigger as string] ?? run.trigger}</span>
                {run.retry_of && <span><Link className="link" to="/projects/$projectId/exports/$exportId/runs/$runId" params={{ projectId: String(project), exportId: id, runId: run.retry_of }}>of an earlier run</Link></span>}
                {run.backfill_id && <span><Link className="link" to="/projects/$projectId/exports/$exportId/{-$tab}" params={{ projectId: String(project), exportId: id, tab: 'runs' }} search={{ backfill: run.backfill_id }}>all its runs</Link></span>}
                <span>attempt {run.attempt}</span>
                <span>{run.started_at ? `started ${moment(Date.parse(run.started_at), zone, true)}` : 'not started yet'}</span>
                {run.finished_at && <span>finished {moment(Date.parse(run.finished_at), zone, true)}</span>}
              </div>
            </div>
          </div>
          <div className="actions">
            <CopyButton label="Copy the command" text={`bx run get ${quoted(name)} ${run.id}`}>Copy CLI</CopyButton>
            {temporal && <a className="button" href={temporal} target="_blank" rel="noreferrer"><Icon name="out" />Temporal<span className="visually-hidden"> (opens a new tab)</span></a>}
            {active ? (
              <Button kind="danger" className="filled" icon="stop" blocked={blocked} busy={cancel.isPending} onClick={() => cancel.mutate()}>Cancel run</Button>
            ) : batchExport.data ? (
              <ExportAgain project={project} run={run} batchExport={batchExport.data} blocked={blocked} />
            ) : (
              <Button kind="primary" icon="retry" blocked={blocked || 'The configuration of the export is not loaded yet.'}>Export again</Button>
            )}
          </div>
        </div>
      </div>
      {run.latest_error && (
        <div className={`callout ${active ? 'warn' : ''}`} role={active ? undefined : 'alert'}>
          <strong>{run.latest_error.message}</strong> {run.latest_error.fix}
          {isRetrying(run) && run.next_retry_at && ` It is tried again ${until(Date.parse(run.next_retry_at), now)}: attempt ${run.attempt + 1}.`}
          <span className="mono"> {run.latest_error.code}</span>
        </div>
      )}
      {isHalfCommitted(run) && <HalfCommitted project={project} run={run} batchExport={batchExport.data} blocked={blocked} />}
      <Figures>
        <Figure
          name={active ? 'Progress' : 'Rows'}
          value={active ? (counted === null ? '—' : `${Math.round(share * 100)}%`) : count(run.records_completed)}
          note={
            counted === null ? (active ? 'counting comes first' : 'nothing was counted') : active ? (
              <><span>{count(run.records_completed)} of {plural(counted, 'row')} in whole slices</span><Progress part={share} total={1} label="Progress of the run" /></>
            ) : `${count(counted)} counted in ClickHouse`
          }
        />
        <Figure name="Rate" value={rate && rate.rowsPerSecond >= 1 ? `${compact(Math.round(rate.rowsPerSecond))}/s` : '—'} note={rate && rate.bytesPerSecond > 0 ? `${bytes(rate.bytesPerSecond)}/s written` : 'rows per second of transfer'} />
        <Figure name="Written" value={bytes(run.bytes_exported)} note={run.files_count ? plural(run.files_count, 'file') : timeline.data?.slices.length ? plural(timeline.data.slices.length, 'slice') : 'no file yet'} />
        {active ? (
          <Figure name="Time left" value={rate?.left != null ? `≈ ${duration(rate.left)}` : '—'} note={usual !== undefined ? `usually ${duration(usual * 1000)} in total` : 'of the transfer'} />
        ) : (
          <Figure name="Duration" value={taken === null ? '—' : duration(taken)} note={usual !== undefined ? `usually ${duration(usual * 1000)}` : 'from start to finish'} />
        )}
        <Figure
          name="Verified"
          tone={run.status === 'Completed' ? (differs || late ? 'bad' : 'ok') : ''}
          value={run.status === 'Completed' ? (late ? count(run.rows_late) : differs ? count(run.records_completed - (counted ?? 0)) : 'Equal') : '—'}
          note={run.status === 'Completed' ? (late ? `${run.rows_late === 1 ? 'row' : 'rows'} became visible late` : differs ? 'rows more or fewer than counted' : 'counted = written') : 'after the commit'}
        />
      </Figures>
      <div className="two">
        <Panel title="Timeline" actions={<span className="muted small">{active ? 'dashed = still to come' : 'attempts by stage and slice'}</span>}>
          {timeline.isPending && <Loading what="the timeline" />}
          {timeline.data && <TimelineView timeline={timeline.data} run={run} now={now} />}
        </Panel>
        <Files project={project} run={run} />
      </div>
      <LogView project={project} exportId={id} run={run.id} live={active} level={filter.level} search={filter.search} onFilter={setFilter} />
    </>
  );
}

function ExportAgain({ project, run, batchExport, blocked }: { project: number; run: Run; batchExport: BatchExport; blocked: string | false }) {
  const again = useExportAgain(project, run, batchExport, () => undefined);
  return (
    <>
      <Button kind="primary" icon="retry" blocked={blocked} busy={again.busy} onClick={again.start}>Export again</Button>
      {again.question}
    </>
  );
}

/** Leads to the one way that adds nothing twice, whatever the commit has left. */
function HalfCommitted({ project, run, batchExport, blocked }: { project: number; run: Run; batchExport: BatchExport | undefined; blocked: string | false }) {
  const navigate = useNavigate();
  const [opened, setOpened] = useState(false);
  return (
    <div className="callout warn row wrap apart">
      <span>{COMMIT_BEGUN}</span>
      {batchExport && <Button icon="history" blocked={blocked} onClick={() => setOpened(true)}>Backfill the gap</Button>}
      {batchExport && opened && (
        <BackfillDialog
          project={project}
          batchExport={batchExport}
          start={run.data_interval_start}
          end={run.data_interval_end}
          scope="gaps"
          onClose={() => setOpened(false)}
          onStarted={() => void navigate({ to: '/projects/$projectId/exports/$exportId/{-$tab}', params: { projectId: String(project), exportId: batchExport.id, tab: 'backfills' } })}
        />
      )}
    </div>
  );
}

const COMMIT_BEGUN = 'The commit had begun: part or all of it may be at the destination. A backfill of gaps exports the interval and adds nothing twice.';

const MOST = 40;

function TimelineView({ timeline, run, now }: { timeline: Timeline; run: Run; now: number }) {
  const active = isActive(run);
  const attempts = timeline.attempts.filter((attempt) => attempt.stage !== 'finish');
  const first = Math.min(Date.parse(run.created_at), ...attempts.map((attempt) => Date.parse(attempt.started_at)));
  const last = Math.max(active ? now : Date.parse(run.finished_at ?? run.created_at), ...attempts.map((attempt) => Date.parse(attempt.finished_at ?? attempt.started_at)));
  const span = Math.max(1, (last - first) * (active ? 1.15 : 1));
  if (attempts.length === 0) {
    return <Empty title={active ? 'Nothing has begun yet' : 'Nothing was done'}>{active ? 'It waits for its settle delay, or for a worker.' : 'The run ended before its first stage.'}</Empty>;
  }
  const shown = attempts.slice(0, MOST);
  let before = '';
  const started = new Set(attempts.map((attempt) => attempt.stage));
  const waits = Date.parse(attempts[0]!.started_at) - first;
  return (
    <div className="timeline">
      <span className="strong">Queue <span className="muted" style={{ fontWeight: 400 }}>and settle delay</span></span>
      <div className="track" aria-hidden="true"><i style={{ left: 0, width: `${(100 * waits) / span}%`, background: 'var(--wait-fill)' }} /></div>
      <span className="number muted">{duration(waits)}</span>
      {shown.map((attempt, index) => {
        const title = STAGES.find(([stage]) => stage === attempt.stage)?.[1] ?? attempt.stage;
        const repeated = attempt.stage === before;
        before = attempt.stage;
        const start = Date.parse(attempt.started_at);
        const end = attempt.finished_at ? Date.parse(attempt.finished_at) : active ? now : start;
        return (
          <Fragment key={index}>
            <span className="clip">
              {!repeated && <span className="strong">{title} </span>}
              <span className="muted">{[attempt.slice !== null && timeline.slices.length > 1 ? `slice ${attempt.slice}` : '', attempt.number > 1 || attempt.error ? `attempt ${attempt.number}` : ''].filter(Boolean).join(' · ')}</span>
            </span>
            <div className="track" role="img" aria-label={describe(title, attempt, end - start, active)} title={attempt.error?.message}>
              <i className={attempt.error ? 'failed' : attempt.finished_at ? '' : active ? 'running' : 'failed'} style={{ left: `${(100 * (start - first)) / span}%`, width: `${(100 * (end - start)) / span}%` }} />
            </div>
            <span className="number muted">{duration(end - start)}</span>
            {attempt.error && <span className="small danger" style={{ gridColumn: '1 / -1', marginTop: -4 }}>{attempt.error.message}</span>}
          </Fragment>
        );
      })}
      {active && STAGES.filter(([stage]) => !started.has(stage) && stage !== 'start').map(([stage, title], index) => (
        <Fragment key={stage}>
          <span className="strong muted">{title}</span>
          <div className="track" aria-hidden="true"><i className="expected" style={{ left: `${Math.min(94, (100 * (last - first)) / span + 3 * index)}%` }} /></div>
          <span />
        </Fragment>
      ))}
      {attempts.length > MOST && <span className="muted small" style={{ gridColumn: '1 / -1' }}>and {plural(attempts.length - MOST, 'further attempt')}; the log has them all</span>}
    </div>
  );
}

function describe(title: string, attempt: StageAttempt, length: number, active: boolean): string {
  const how = attempt.error ? `failed: ${attempt.error.message}` : attempt.finished_at ? 'done' : active ? 'under way' : 'cut off';
  return `${title}${attempt.slice === null ? '' : `, slice ${attempt.slice}`}, attempt ${attempt.number}, ${duration(length)}, ${how}`;
}

function Files({ project, run }: { project: number; run: Run }) {
  const files = useQuery(filesQuery(project, run.batch_export_id, run.id));
  const all = files.data?.results ?? [];
  const folder = commonFolder(all.map((file) => file.key));
  const manifest = manifestOf(all.map((file) => file.key));
  const algorithms = new Set(all.map((file) => file.checksum.split(':')[0]!));
  const [algorithm] = algorithms.size === 1 ? algorithms : [];
  return (
    <Panel flush title="Files" actions={folder && <code className="muted clip" style={{ maxWidth: 260 }} title={folder}>{folder}</code>}>
      {files.isPending && <Loading what="files" />}
      {files.data && all.length === 0 && (
        <Empty title={run.status === 'Completed' ? 'No file' : isActive(run) ? 'Nothing is visible yet' : isHalfCommitted(run) ? 'What is visible is not known' : 'Nothing was committed'}>
          {run.status === 'Completed' ? 'The interval holds no rows, or the destination keeps no files.' : isActive(run) ? 'Everything becomes visible at once, with the commit.' : isHalfCommitted(run) ? COMMIT_BEGUN : 'What was written was thrown away: no part of it is visible at the destination.'}
        </Empty>
      )}
      {all.length > 0 && (
        <div style={{ maxHeight: 320, overflow: 'auto' }} tabIndex={0} role="region" aria-label="Files, scrollable">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col" className="number">Rows</th>
                <th scope="col" className="number">Size</th>
                <th scope="col">{algorithm ?? 'Checksum'}</th>
                <th scope="col"><span className="visually-hidden">Copy the key</span></th>
              </tr>
            </thead>
            <tbody>
              {all.map((file) => (
                <tr key={file.key}>
                  <td className="mono"><FileName name={file.key.slice(folder.length)} /></td>
                  <td className="number">{count(file.rows)}</td>
                  <td className="number nowrap">{bytes(file.bytes)}</td>
                  <td className="mono muted nowrap" title={file.checksum}>{shortened(algorithm ? file.checksum.slice(algorithm.length + 1) : file.checksum)}</td>
                  <td><CopyButton kind="quiet" size="small" text={file.key} label={`Copy the key ${file.key}`} /></td>
                </tr>
              ))}
              {manifest && (
                <tr>
                  <td className="mono"><FileName name={manifest.slice(folder.length)} /></td>
                  <td colSpan={3} className="number"><span className="state ok"><Icon name="check" />written last</span></td>
                  <td><CopyButton kind="quiet" size="small" text={manifest} label={`Copy the key ${manifest}`} /></td>
                </tr>
              )}
            </tbody>
          </table>
        </div>
      )}
      <div className="body" style={{ borderTop: '1px solid var(--line)' }}>
        <dl className="pairs">
          <dt>Source count</dt>
          <dd>{run.records_total_count === null ? 'not counted yet' : `${plural(run.records_total_count, 'row')} in ClickHouse`}</dd>
          <dt>Written</dt>
          <dd>{run.status === 'Completed' ? `${plural(run.records_completed, 'row')}, counted in the bytes themselves` : `${plural(run.records_completed, 'row')} ${isActive(run) ? 'so far' : 'before it ended'}`}</dd>
          <dt>Destination count</dt>
          <dd>{run.records_at_destination === null ? (run.status === 'Completed' ? 'it cannot be asked for rows; files are checked by size and checksum' : isActive(run) ? 'after the commit' : isHalfCommitted(run) ? 'not known: the commit had begun' : 'nothing was committed') : plural(run.records_at_destination, 'row')}</dd>
          {manifest && <><dt>Manifest</dt><dd>lists each file with rows, bytes and checksum: as soon as it is there, the interval is whole</dd></>}
        </dl>
      </div>
    </Panel>
  );
}

function shortened(checksum: string): string {
  return checksum.length > 12 ? `${checksum.slice(0, 10)}…` : checksum;
}

/** Broken between the ends of the interval, if at all. */
function FileName({ name }: { name: string }) {
  const [, start, end] = /^(\S*Z-)(\d{4}-\S*)$/.exec(name) ?? [];
  return start === undefined ? <span style={{ overflowWrap: 'anywhere' }}>{name}</span> : <><span className="nowrap">{start}</span><wbr /><span className="nowrap">{end}</span></>;
}
