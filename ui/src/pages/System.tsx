import { useQuery } from '@tanstack/react-query';
import { systemQuery } from '../api/queries';
import { useNow, useZone } from '../app/zone';
import { ago, count, moment, plural, roughly } from '../time/format';
import { Icon } from '../ui/icons';
import { Empty, Failure, Figure, Figures, Loading, Panel } from '../ui/kit';
import { State } from '../ui/state';

export function SystemPage() {
  const system = useQuery(systemQuery);
  const now = useNow(5_000);
  const { zone } = useZone();
  if (system.isPending) {
    return <Loading what="the system" />;
  }
  if (!system.data) {
    return <Failure what="The system" error={system.error} onRetry={() => void system.refetch()} />;
  }
  const { components, queues, version, started_at, temporal_ui_url, temporal_namespace } = system.data;
  const workers = new Set(queues.flatMap((queue) => queue.workers.map((worker) => worker.identity)));
  const idle = queues.filter((queue) => queue.workers.length === 0);
  const backlog = queues.reduce((sum, queue) => sum + (queue.backlog ?? 0), 0);
  const down = components.filter((component) => component.status !== 'ok');
  return (
    <>
      <div className="head">
        <h1>System</h1>
        <div className="actions">
          {temporal_ui_url && <a className="button" href={temporal_ui_url} target="_blank" rel="noreferrer"><Icon name="out" />Temporal UI<span className="visually-hidden"> (opens a new tab)</span></a>}
          <a className="button" href="/api/docs"><Icon name="book" />API reference</a>
        </div>
      </div>
      <Figures>
        <Figure name="Components" value={`${components.length - down.length} of ${components.length}`} tone={down.length ? 'bad' : ''} note={down.length ? `${down.map((component) => component.name).join(', ')} down` : 'all up'} />
        <Figure name="Workers" value={workers.size} tone={workers.size === 0 ? 'bad' : ''} note="seen within 90 s" />
        <Figure name="Waiting tasks" value={count(backlog)} note={`in ${plural(queues.length, 'queue')}`} />
        <Figure name="Version" value={version} note="of Batch Exports" />
        <Figure name="Up for" value={roughly(now - Date.parse(started_at))} note={`since ${moment(Date.parse(started_at), zone)}`} />
      </Figures>
      {idle.length > 0 && (
        <p className="callout" role="alert">
          <strong>No worker serves {idle.map((queue) => queue.name).join(', ')}.</strong> What is put there waits: start a worker with <code>bx worker</code>.
        </p>
      )}
      <Panel flush title="Components">
        <table className="table">
          <thead><tr><th scope="col">Component</th><th scope="col">State</th><th scope="col">Version</th><th scope="col">What is wrong</th></tr></thead>
          <tbody>
            {components.map((component) => (
              <tr key={component.name}>
                <td className="strong">{component.name}</td>
                <td><State state={component.status} /></td>
                <td className="mono">{component.version || <span className="muted">—</span>}</td>
                <td>{component.message || <span className="muted">nothing</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <Panel flush title={`Task queues · namespace ${temporal_namespace}`}>
        {queues.length === 0 ? (
          <Empty title="Temporal cannot be asked">Its queues and workers are shown as soon as it answers.</Empty>
        ) : (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Task queues, scrollable">
            <table className="table">
              <thead><tr><th scope="col">Queue</th><th scope="col">State</th><th scope="col" className="number">Waiting</th><th scope="col" className="apart">Workers</th></tr></thead>
              <tbody>
                {queues.map((queue) => (
                  <tr key={queue.name}>
                    <td className="mono">{queue.name}</td>
                    <td>{queue.workers.length ? <State state="ok" text="Served" /> : <State state="unavailable" text="No worker" />}</td>
                    <td className="number">{queue.backlog === null ? '—' : count(queue.backlog)}</td>
                    <td className="apart">
                      <ul className="stack tight">
                        {queue.workers.map((worker) => (
                          <li key={worker.identity}><code>{worker.identity}</code> <span className="muted small">seen {ago(Date.parse(worker.last_seen_at), now)}</span></li>
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
    </>
  );
}
