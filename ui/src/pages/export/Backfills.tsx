import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { call } from '../../api/client';
import type { Backfill } from '../../api/client';
import { backfillsQuery } from '../../api/queries';
import { useNow } from '../../app/zone';
import { ago, compact, count, duration, interval as showInterval, plural } from '../../time/format';
import { Button, Empty, Failure, Loading, Panel, Progress, useToast } from '../../ui/kit';
import { State } from '../../ui/state';
import type { TabProps } from './Export';

export function BackfillsTab({ project, batchExport, blocked, onBackfill }: TabProps) {
  const backfills = useQuery(backfillsQuery(project, batchExport.id));
  const create = <Button icon="history" blocked={blocked} onClick={() => onBackfill({})}>Create historic export</Button>;
  return (
    <Panel flush title="Backfills" actions={backfills.data?.results.length ? create : undefined}>
      {backfills.isPending && <Loading what="backfills" />}
      {backfills.isError && !backfills.data && <Failure what="The backfills" error={backfills.error} onRetry={() => void backfills.refetch()} />}
      {backfills.data?.results.length === 0 && (
        <Empty title="No backfill yet" action={create}>A backfill exports past intervals: all of a range, or its gaps only. It shows its plan first.</Empty>
      )}
      {backfills.data && backfills.data.results.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Backfills, scrollable">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Range</th>
                <th scope="col">Progress</th>
                <th scope="col" className="number">Rows</th>
                <th scope="col" className="number">Time</th>
                <th scope="col">Created</th>
                <th scope="col"><span className="visually-hidden">Actions</span></th>
              </tr>
            </thead>
            <tbody>
              {backfills.data.results.map((backfill) => (
                <Row key={backfill.id} project={project} backfill={backfill as WithRate} zone={batchExport.timezone} blocked={blocked} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

type WithRate = Backfill & { seconds_left?: number | null; rows_per_second?: number | null };

function Row({ project, backfill, zone, blocked }: { project: number; backfill: WithRate; zone: string; blocked: string | false }) {
  const now = useNow(backfill.finished_at === null ? 1_000 : 60_000);
  const queries = useQueryClient();
  const toast = useToast();
  const change = useMutation({
    mutationFn: (verb: 'pause' | 'resume' | 'cancel' | 'rerun_failed') =>
      call('POST', `/api/projects/${project}/batch_exports/${backfill.batch_export_id}/backfills/${backfill.id}/${verb}/`),
    onSuccess: (_, verb) =>
      toast({ pause: 'No further run starts until it is resumed.', resume: 'The backfill goes on.', cancel: 'The backfill and its runs are being cancelled.', rerun_failed: 'The failed intervals run again.' }[verb]),
    onError: (error) => toast(error.message, 'bad'),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['backfills', backfill.batch_export_id] });
      void queries.invalidateQueries({ queryKey: ['overview'] });
    },
  });
  const created = Date.parse(backfill.created_at);
  const taken = (backfill.finished_at ? Date.parse(backfill.finished_at) : now) - created;
  const total = backfill.total_runs ?? 0;
  const left = backfill.seconds_left != null ? backfill.seconds_left * 1000 : backfill.finished_runs > 0 && total > 0 ? (taken * (total - backfill.finished_runs)) / backfill.finished_runs : null;
  const open = backfill.finished_at === null;
  return (
    <tr>
      <td><State state={backfill.status} /></td>
      <td>
        <Link className="strong" style={{ fontWeight: 500 }} to="/projects/$projectId/exports/$exportId/{-$tab}" params={{ projectId: String(project), exportId: backfill.batch_export_id, tab: 'runs' }} search={{ backfill: backfill.id }}>
          {backfill.start_at ? showInterval(Date.parse(backfill.start_at), Date.parse(backfill.end_at), zone) : `Earliest data → ${showInterval(Date.parse(backfill.end_at), Date.parse(backfill.end_at) + 1, zone).split(' →')[0]} ${zone}`}
        </Link>
        <div className="small muted">{backfill.scope === 'gaps' ? 'gaps only' : 'every interval'}, {backfill.concurrency} at once</div>
      </td>
      <td style={{ minWidth: 150 }}>
        <Progress ok={!open && backfill.failed_runs === 0} part={backfill.finished_runs} total={total} label="Progress of the backfill" />
        <span className="small muted nowrap">
          {count(backfill.finished_runs)} of {backfill.total_runs === null ? '…' : plural(total, 'run')}
          {backfill.failed_runs > 0 && <span className="danger"> · {count(backfill.failed_runs)} failed</span>}
          {backfill.status === 'Running' && left !== null && total > backfill.finished_runs && ` · ≈ ${duration(left)} left`}
        </span>
      </td>
      <td className="number">{backfill.total_records_count === null ? <span className="muted">—</span> : compact(backfill.total_records_count)}</td>
      <td className="number nowrap">{duration(taken)}</td>
      <td className="muted nowrap">{ago(created, now)}</td>
      <td>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          {open && backfill.status !== 'Paused' && <Button size="small" icon="pause" blocked={blocked} busy={change.isPending} onClick={() => change.mutate('pause')}>Pause</Button>}
          {backfill.status === 'Paused' && <Button size="small" icon="play" blocked={blocked} busy={change.isPending} onClick={() => change.mutate('resume')}>Resume</Button>}
          {open && <Button size="small" kind="danger" icon="stop" blocked={blocked} busy={change.isPending} onClick={() => change.mutate('cancel')}>Cancel</Button>}
          {!open && backfill.failed_runs > 0 && <Button size="small" icon="retry" blocked={blocked} busy={change.isPending} onClick={() => change.mutate('rerun_failed')}>Re-run failed</Button>}
        </div>
      </td>
    </tr>
  );
}
