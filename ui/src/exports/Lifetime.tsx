import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { BatchExport, Interval } from '../api/client';
import { intervalsQuery } from '../api/queries';
import { useZone } from '../app/zone';
import { moment, plural } from '../time/format';
import { floor, typicalLength } from '../time/grid';
import { gridOf } from './describe';

const SEGMENTS = 120;
const MOST = 3_000;

/** The whole life of an export in one line: each piece is as bad as the worst of its intervals. */
export function Lifetime({ project, exportId, batchExport }: { project: number; exportId: string; batchExport: BatchExport }) {
  const { zone } = useZone();
  const length = typicalLength(batchExport.interval);
  const earliest = batchExport.latest_runs.reduce(
    (first, run) => Math.min(first, Date.parse(run.data_interval_start)),
    Date.parse(batchExport.start_at ?? batchExport.created_at),
  );
  const now = Date.now();
  const from = floor(gridOf(batchExport), Math.max(Math.min(earliest, now - 24 * length), now - MOST * length));
  const intervals = useQuery(intervalsQuery(project, exportId, new Date(from).toISOString(), null));
  const all = intervals.data?.results;
  const segments = useMemo(() => (all ? worst(all) : []), [all]);
  if (!all || all.length < 2) {
    return null;
  }
  const bad = all.filter((item) => item.state === 'failed' || item.state === 'missing').length;
  const start = Date.parse(all[0]!.data_interval_start);
  return (
    <div className="stack tight">
      <div className="lifetime" role="img" aria-label={`${plural(all.length, 'interval')} since ${moment(start, zone)}: ${bad === 0 ? 'no gap' : plural(bad, 'gap')}`}>
        {segments.map((state, index) => <i key={index} className={state} />)}
      </div>
      <div className="row apart small muted">
        <span>{moment(start, zone)}</span>
        <span>now</span>
      </div>
    </div>
  );
}

const SEVERITY = ['none', 'upcoming', 'skipped', 'completed', 'running', 'missing', 'failed'];

export function worst(intervals: Interval[], segments = SEGMENTS): string[] {
  const size = Math.max(1, Math.ceil(intervals.length / segments));
  const states: string[] = [];
  for (let index = 0; index < intervals.length; index += size) {
    const piece = intervals.slice(index, index + size).map((item) => item.state as string);
    states.push(piece.reduce((one, other) => (SEVERITY.indexOf(other) > SEVERITY.indexOf(one) ? other : one), 'none'));
  }
  return states;
}
