import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { BatchExport, Run } from '../api/client';
import { isActive } from '../api/queries';
import { useBlocked } from '../app/session';
import { useNow, useZone } from '../app/zone';
import { bytes, clock, count, duration, interval as showInterval, until, zoneName } from '../time/format';
import { Button, Hint } from '../ui/kit';
import { RunState } from '../ui/state';
import { useExportAgain, useRunActions } from './runActions';

const ROW = 41;

interface Props {
  project: number;
  batchExport: BatchExport;
  runs: Run[];
  /** How many rows stand in view before the table scrolls by itself. */
  height: number;
  hasMore: boolean;
  onMore: () => void;
}

export function RunsTable({ project, batchExport, runs, height, hasMore, onMore }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const now = useNow(runs.some(isActive) ? 1_000 : 30_000);
  const { zone } = useZone();
  const rows = useVirtualizer({ count: runs.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 10, getItemKey: (index) => runs[index]!.id });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastShown >= runs.length - 20) {
      onMore();
    }
  }, [hasMore, lastShown, runs.length, onMore]);
  const largest = Math.max(1, ...runs.slice(0, 300).map((run) => run.records_completed));
  return (
    <div ref={box} className="scroll-x" style={{ maxHeight: height * ROW + 36, overflowY: 'auto' }} tabIndex={0} role="region" aria-label="Runs, scrollable">
      <div className="vtable" role="table" aria-label="Runs" style={{ minWidth: 760 }}>
        <div role="rowgroup">
          <div className="vhead runs" role="row">
            <span role="columnheader">State</span>
            <span role="columnheader">Interval</span>
            <span role="columnheader" className="optional">Trigger</span>
            <span role="columnheader" className="number">Rows</span>
            <span role="columnheader" className="optional"><span className="visually-hidden">Rows, compared</span></span>
            <span role="columnheader" className="number optional">Size</span>
            <span role="columnheader" className="number optional">Files</span>
            <span role="columnheader" className="number">Duration</span>
            <span role="columnheader" className="number nowrap">Started, {zoneName(now, zone)}</span>
            <span role="columnheader" className="apart-left">Result</span>
            <span role="columnheader"><span className="visually-hidden">Actions</span></span>
          </div>
        </div>
        <div role="rowgroup" className="vspace" style={{ height: rows.getTotalSize() }}>
          {items.map((item) => {
            const run = runs[item.index]!;
            return <RunRow key={item.key} project={project} batchExport={batchExport} run={run} now={now} top={item.start} largest={largest} last={item.index === runs.length - 1} />;
          })}
        </div>
      </div>
    </div>
  );
}

export function runDuration(run: Run, now: number): number | null {
  if (run.started_at === null) {
    return null;
  }
  return (run.finished_at === null ? now : Date.parse(run.finished_at)) - Date.parse(run.started_at);
}

function RunRow({ project, batchExport, run, now, top, largest, last }: { project: number; batchExport: BatchExport; run: Run; now: number; top: number; largest: number; last: boolean }) {
  const { zone } = useZone();
  const taken = runDuration(run, now);
  const params = { projectId: String(project), exportId: batchExport.id, runId: run.id };
  return (
    <div className={`vrow runs ${last ? 'last' : ''}`} role="row" style={{ height: ROW, transform: `translateY(${top}px)` }}>
      <span role="cell"><RunState run={run} /></span>
      <span role="cell" className="clip">
        <Link className="strong" style={{ fontWeight: 500 }} to="/projects/$projectId/exports/$exportId/runs/$runId" params={params}>
          {showInterval(Date.parse(run.data_interval_start), Date.parse(run.data_interval_end), zone)}
        </Link>
      </span>
      <span role="cell" className="muted optional">{run.trigger[0]!.toUpperCase() + run.trigger.slice(1)}</span>
      <span role="cell" className="number">{run.records_completed || run.status === 'Completed' ? count(run.records_completed) : <span className="muted">—</span>}</span>
      <span role="cell" className="optional">
        <span className="bar" style={{ display: 'block' }}><i style={{ width: `${(100 * run.records_completed) / largest}%` }} /></span>
      </span>
      <span role="cell" className="number optional">{run.bytes_exported ? bytes(run.bytes_exported) : <span className="muted">—</span>}</span>
      <span role="cell" className="number optional">{run.files_count || <span className="muted">—</span>}</span>
      <span role="cell" className="number">{taken === null ? <span className="muted">—</span> : duration(taken)}</span>
      <span role="cell" className="number muted" title={run.started_at ? `${run.started_at}` : undefined}>{run.started_at ? clock(Date.parse(run.started_at), zone, true) : '—'}</span>
      <span role="cell" className="clip apart-left">
        {run.latest_error ? (
          <Hint text={`${run.latest_error.message} ${run.latest_error.fix}`}>
            <span className="danger" tabIndex={0}>
              {run.next_retry_at ? `Attempt ${run.attempt + 1} ${until(Date.parse(run.next_retry_at), now)}: ` : ''}
              {run.latest_error.message}
            </span>
          </Hint>
        ) : (
          <span className="muted">{run.attempt > 1 ? `after ${run.attempt} attempts` : ''}</span>
        )}
      </span>
      <span role="cell" className="row" style={{ gap: 2, justifyContent: 'flex-end' }}>
        <RunActions project={project} batchExport={batchExport} run={run} />
      </span>
    </div>
  );
}

function RunActions({ project, batchExport, run }: { project: number; batchExport: BatchExport; run: Run }) {
  const { cancel } = useRunActions(project, run);
  const again = useExportAgain(project, run, batchExport);
  const blocked = useBlocked();
  return isActive(run) ? (
    <Button size="small" kind="quiet" icon="stop" label="Cancel this run" blocked={blocked} busy={cancel.isPending} onClick={() => cancel.mutate()} />
  ) : (
    <>
      <Button size="small" kind="quiet" icon="retry" label="Export this interval again" blocked={blocked} busy={again.busy} onClick={again.start} />
      {again.question}
    </>
  );
}
