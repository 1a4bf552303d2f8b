import { useInfiniteQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import type { Webhook, WebhookAttempt, WebhookDelivery } from '../../api/client';
import { deliveriesQuery } from '../../api/queries';
import { useNow, useZone } from '../../app/zone';
import { moment, until } from '../../time/format';
import { Button, Code, Empty, Failure, Loading, Panel } from '../../ui/kit';
import { State } from '../../ui/state';
import { titleOf } from './webhook';

/** What was sent to a webhook, and what came back. */
export function Deliveries({ project, webhook }: { project: number; webhook: Webhook }) {
  const { zone } = useZone();
  const now = useNow(1_000);
  const deliveries = useInfiniteQuery(deliveriesQuery(project, webhook.id));
  const [opened, setOpened] = useState<string | null>(null);
  const all = deliveries.data?.pages.flatMap((page) => page.results);
  return (
    <Panel flush title={`Messages to ${titleOf(webhook)}`} actions={<span className="muted small">what is not delivered is tried again, ever more rarely</span>}>
      {deliveries.isPending && <Loading what="messages" />}
      {deliveries.isError && !all && <Failure what="The messages" error={deliveries.error} onRetry={() => void deliveries.refetch()} />}
      {all?.length === 0 && <Empty title="Nothing was sent yet">Test sends a message now; others follow when something changes.</Empty>}
      {all && all.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Messages, scrollable">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Message</th>
                <th scope="col" className="number">Attempts</th>
                <th scope="col" className="apart">Last answer</th>
                <th scope="col"><span className="visually-hidden">Details</span></th>
              </tr>
            </thead>
            <tbody>
              {all.map((delivery) => (
                <Fragment key={delivery.id}>
                  <tr>
                    <td><State state={delivery.status} /></td>
                    <td>
                      <div className="mono nowrap">{delivery.type}</div>
                      <div className="small muted nowrap">{moment(Date.parse(delivery.created_at), zone, true)}</div>
                    </td>
                    <td className="number">{delivery.attempts_count}</td>
                    <td className="apart">
                      <div className="name" title={lastAnswer(delivery)}>{lastAnswer(delivery)}</div>
                      {delivery.next_attempt_at && delivery.status === 'pending' && <div className="small muted">tried again {until(Date.parse(delivery.next_attempt_at), now)}</div>}
                    </td>
                    <td>
                      <div className="row" style={{ justifyContent: 'flex-end' }}>
                        <Button size="small" aria-expanded={opened === delivery.id} onClick={() => setOpened(opened === delivery.id ? null : delivery.id)}>Details</Button>
                      </div>
                    </td>
                  </tr>
                  {opened === delivery.id && (
                    <tr className="details">
                      <td colSpan={5}><Details delivery={delivery} zone={zone} /></td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {deliveries.hasNextPage && (
        <div className="body"><Button busy={deliveries.isFetchingNextPage} onClick={() => void deliveries.fetchNextPage()}>Show earlier ones</Button></div>
      )}
    </Panel>
  );
}

function lastAnswer(delivery: WebhookDelivery): string {
  const last = delivery.attempts.at(-1);
  return last === undefined ? 'not sent yet' : answer(last);
}

function answer(attempt: WebhookAttempt): string {
  return `${attempt.error ?? `It answered ${attempt.status_code}.`} (${attempt.latency_ms} ms)`;
}

function Details({ delivery, zone }: { delivery: WebhookDelivery; zone: string }) {
  return (
    <div className="stack tight" style={{ padding: '4px 0 8px' }}>
      <Code text={pretty(delivery.body)} label="the message" />
      <ol className="stack tight" aria-label="Attempts">
        {delivery.attempts.map((attempt, index) => (
          <li key={attempt.started_at}>
            <span className="strong">Attempt {index + 1}</span>, {moment(Date.parse(attempt.started_at), zone, true)}: {answer(attempt)}
            {attempt.response_excerpt && <> <span className="muted">It said</span> <code>{attempt.response_excerpt}</code></>}
          </li>
        ))}
      </ol>
      {delivery.attempts.length === 0 && <p className="muted">No attempt yet.</p>}
      <p className="muted small">webhook-id <code>{delivery.id}</code>, the same in every attempt: by it a receiver knows a message that it had already.</p>
    </div>
  );
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
