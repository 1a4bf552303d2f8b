import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/client';
import { revisionsQuery } from '../../api/queries';
import { useZone } from '../../app/zone';
import { moment } from '../../time/format';
import { Empty, Failure, Loading, Panel } from '../../ui/kit';
import type { TabProps } from './Export';

export function HistoryTab({ project, batchExport }: TabProps) {
  const { zone } = useZone();
  const revisions = useQuery(revisionsQuery(project, batchExport.id));
  const unknown = revisions.error instanceof ApiError && revisions.error.status === 404;
  return (
    <Panel flush title="How the configuration has changed">
      {revisions.isPending && <Loading what="the history" />}
      {unknown && <Empty title="This server keeps no history">Created {moment(Date.parse(batchExport.created_at), zone)}, last changed {moment(Date.parse(batchExport.last_updated_at), zone)}.</Empty>}
      {revisions.isError && !unknown && <Failure what="The history" error={revisions.error} onRetry={() => void revisions.refetch()} />}
      {revisions.data && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="History, scrollable">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Revision</th>
                <th scope="col">When</th>
                <th scope="col">By</th>
                <th scope="col">What has changed</th>
              </tr>
            </thead>
            <tbody>
              {revisions.data.results.map((revision) => (
                <tr key={revision.revision}>
                  <td className="strong">{revision.revision}</td>
                  <td className="nowrap">{moment(Date.parse(revision.created_at), zone, true)}</td>
                  <td>{revision.author}</td>
                  <td>
                    {revision.changes.length === 0 && <span className="muted">Created</span>}
                    <ul className="stack tight">
                      {revision.changes.map((change) => (
                        <li key={change.pointer}>
                          <span className="strong">{change.pointer.replace('/destination/config/', '').replace(/^\//, '').replaceAll('_', ' ')}</span>{' '}
                          <span className="mono">{isSecret(change) ? 'changed' : `${shown(change.from)} → ${shown(change.to)}`}</span>
                        </li>
                      ))}
                    </ul>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** Secrets are named, and never shown. */
function isSecret(change: { from: unknown; to: unknown }): boolean {
  return (change.from ?? null) === null && (change.to ?? null) === null;
}

function shown(value: unknown): string {
  return value === null || value === undefined ? '—' : typeof value === 'string' ? value : JSON.stringify(value);
}
