import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { answerOf, client } from '../../api/client';
import type { Webhook } from '../../api/client';
import { overviewQuery, webhooksQuery } from '../../api/queries';
import { useBlocked } from '../../app/session';
import { plural } from '../../time/format';
import { Button, ConfirmDialog, Empty, Failure, Loading, Menu, Panel, useToast } from '../../ui/kit';
import { State } from '../../ui/state';
import { Deliveries } from './Deliveries';
import { titleOf } from './webhook';
import { WebhookDialog } from './WebhookDialog';

export function WebhooksTab({ project, chosen }: { project: number; chosen: string | undefined }) {
  const blocked = useBlocked();
  const webhooks = useQuery(webhooksQuery(project));
  const [edited, setEdited] = useState<Webhook | 'new' | null>(null);
  const [deleting, setDeleting] = useState<Webhook | null>(null);
  const all = webhooks.data?.results;
  const shown = all?.find((webhook) => webhook.id === chosen);
  const create = <Button icon="plus" blocked={blocked} onClick={() => setEdited('new')}>Create webhook</Button>;
  return (
    <>
      <Panel flush title={`Webhooks of project ${project}`} actions={all?.length ? create : undefined}>
        {webhooks.isPending && <Loading what="webhooks" />}
        {webhooks.isError && !all && <Failure what="The webhooks" error={webhooks.error} onRetry={() => void webhooks.refetch()} />}
        {all?.length === 0 && (
          <Empty title="No webhook yet" action={create}>
            A webhook tells a chat, a pager or a program of yours when an export begins to fail, recovers, is paused or has a gap, and when a backfill has ended. Messages are signed and delivered again until they arrive.
          </Empty>
        )}
        {all && all.length > 0 && (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Webhooks, scrollable">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Webhook</th>
                  <th scope="col">State</th>
                  <th scope="col">Is told of</th>
                  <th scope="col">For</th>
                  <th scope="col"><span className="visually-hidden">Actions</span></th>
                </tr>
              </thead>
              <tbody>
                {all.map((webhook) => (
                  <Row key={webhook.id} project={project} webhook={webhook} chosen={webhook.id === chosen} blocked={blocked} onEdit={() => setEdited(webhook)} onDelete={() => setDeleting(webhook)} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      {shown && <Deliveries key={shown.id} project={project} webhook={shown} />}
      {edited && <WebhookDialog project={project} webhook={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
      {deleting && <DeleteWebhook project={project} webhook={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function Row({ project, webhook, chosen, blocked, onEdit, onDelete }: { project: number; webhook: Webhook; chosen: boolean; blocked: string | false; onEdit: () => void; onDelete: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const toast = useToast();
  const overview = useQuery(overviewQuery(project));
  const path = { project_id: project, id: webhook.id };
  const show = (id: string | undefined) =>
    void navigate({ to: '/projects/$projectId/settings/{-$tab}', params: { projectId: String(project), tab: 'webhooks' }, search: { webhook: id }, replace: true });
  const test = useMutation({
    mutationFn: () => answerOf(client.POST('/api/projects/{project_id}/webhooks/{id}/test/', { params: { path } })),
    onSuccess: (attempt) => {
      toast(attempt.delivered ? `Delivered: it answered ${attempt.status_code} within ${attempt.latency_ms} ms.` : (attempt.error ?? 'It was not delivered.'), attempt.delivered ? 'ok' : 'bad');
      show(webhook.id);
    },
    onError: (error) => toast(error.message, 'bad'),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['deliveries', webhook.id] }),
  });
  const change = useMutation({
    mutationFn: (enabled: boolean) => answerOf(client.PATCH('/api/projects/{project_id}/webhooks/{id}/', { params: { path }, body: { enabled } })),
    onSuccess: ({ enabled }) => toast(enabled ? `${titleOf(webhook)} is told again of what changes from now on.` : `${titleOf(webhook)} is told nothing any more.`),
    onError: (error) => toast(error.message, 'bad'),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['webhooks', project] }),
  });
  const name = webhook.batch_export_id === null ? null : (overview.data?.exports.find(({ id }) => id === webhook.batch_export_id)?.name ?? 'one export');
  return (
    <tr>
      <td>
        <div className="name strong">{titleOf(webhook)}</div>
        <div className="name mono muted" title={webhook.url}>{webhook.url}</div>
      </td>
      <td><State state={webhook.enabled ? 'on' : 'off'} /></td>
      <td title={webhook.events.join(', ') || undefined}>{webhook.events.length === 0 ? 'everything' : webhook.events.length === 1 ? <code>{webhook.events[0]}</code> : plural(webhook.events.length, 'type of event', 'types of events')}</td>
      <td><div className="name">{name ?? 'every export'}</div></td>
      <td>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button size="small" icon="play" busy={test.isPending} blocked={blocked} aria-label={`Send a test to ${titleOf(webhook)}`} onClick={() => test.mutate()}>Test</Button>
          <Button size="small" icon="file" aria-pressed={chosen} aria-label={`Messages to ${titleOf(webhook)}`} onClick={() => show(chosen ? undefined : webhook.id)}>Messages</Button>
          <Menu
            small
            label={`More actions for ${titleOf(webhook)}`}
            entries={[
              { label: 'Edit', icon: 'edit', blocked, onSelect: onEdit },
              webhook.enabled
                ? { label: 'Switch off', icon: 'pause', blocked, onSelect: () => change.mutate(false) }
                : { label: 'Switch on', icon: 'play', blocked, onSelect: () => change.mutate(true) },
              { label: 'Delete', icon: 'trash', danger: true, blocked, onSelect: onDelete },
            ]}
          />
        </div>
      </td>
    </tr>
  );
}

function DeleteWebhook({ project, webhook, onClose }: { project: number; webhook: Webhook; onClose: () => void }) {
  const queries = useQueryClient();
  const toast = useToast();
  const remove = useMutation({
    mutationFn: () => answerOf(client.DELETE('/api/projects/{project_id}/webhooks/{id}/', { params: { path: { project_id: project, id: webhook.id } } })),
    onSuccess: () => {
      toast(`The webhook ${titleOf(webhook)} is deleted.`);
      onClose();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['webhooks', project] }),
  });
  return (
    <ConfirmDialog title={`Delete the webhook ${titleOf(webhook)}?`} confirm="Delete webhook" busy={remove.isPending} error={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>Nothing more is sent to <span className="mono">{webhook.url}</span>, and its messages so far are no longer shown. To keep them, switch it off instead.</p>
    </ConfirmDialog>
  );
}
