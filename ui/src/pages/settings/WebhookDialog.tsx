import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, ApiError, client } from '../../api/client';
import type { Webhook } from '../../api/client';
import { overviewQuery } from '../../api/queries';
import { errorsByField } from '../../form/draft';
import { Button, CopyButton, Field, Modal, Segments, useToast } from '../../ui/kit';
import { newSecret } from './webhook';

const EVENTS = [
  ['batch_export.failing', 'An export begins to fail'],
  ['batch_export.recovered', 'It works again'],
  ['batch_export.paused', 'It was paused after too many failures'],
  ['batch_export.gap_found', 'An interval has no completed run although it should'],
  ['backfill.finished', 'A backfill has ended'],
] as const;

/** Creates a webhook, or changes one; its secret is written and never read. */
export function WebhookDialog({ project, webhook, onClose }: { project: number; webhook: Webhook | null; onClose: () => void }) {
  const overview = useQuery(overviewQuery(project));
  const queries = useQueryClient();
  const toast = useToast();
  const [name, setName] = useState(webhook?.name ?? '');
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [only, setOnly] = useState(webhook !== null && webhook.events.length > 0);
  const [events, setEvents] = useState<ReadonlySet<string>>(() => new Set(webhook?.events ?? []));
  const [exportId, setExportId] = useState(webhook?.batch_export_id ?? '');
  const [secret, setSecret] = useState(() => (webhook === null ? newSecret() : ''));
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), url: url.trim(), events: only ? [...events] : [], batch_export_id: exportId || null };
      return webhook === null
        ? answerOf(client.POST('/api/projects/{project_id}/webhooks/', { params: { path: { project_id: project } }, body: { ...body, secret: secret.trim() } }))
        : answerOf(
            client.PATCH('/api/projects/{project_id}/webhooks/{id}/', {
              params: { path: { project_id: project, id: webhook.id } },
              body: secret.trim() === '' ? body : { ...body, secret: secret.trim() },
            }),
          );
    },
    onSuccess: () => {
      toast(webhook === null ? 'The webhook is created: it is told of what changes from now on.' : 'The webhook is changed.');
      onClose();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['webhooks', project] }),
  });
  const errors = save.error instanceof ApiError ? errorsByField(save.error.errors) : {};
  const missing = url.trim() === '' ? 'Fill in the address first.' : only && events.size === 0 ? 'Choose what it is told of first.' : webhook === null && secret.trim() === '' ? 'A secret is needed.' : false;
  const exports = overview.data?.exports ?? [];

  return (
    <Modal title={webhook === null ? 'Create webhook' : 'Edit webhook'} opened onClose={onClose} size={560} explicit>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) {
            save.mutate();
          }
        }}
      >
        {save.error && Object.keys(errors).length === 0 && <p className="callout" role="alert">{save.error.message}</p>}
        <Field label="Address" required hint="Receives POST requests with JSON, as Standard Webhooks describes them." error={errors['url']}>
          {(props) => <input {...props} data-autofocus type="url" autoComplete="off" spellCheck={false} placeholder="https://hooks.example.com/batch-exports" value={url} onChange={(event) => setUrl(event.target.value)} />}
        </Field>
        <div className="fields">
          <Field label="Name" hint="Empty: the host of its address." error={errors['name']}>
            {(props) => <input {...props} autoComplete="off" maxLength={255} placeholder="on-call" value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label="For" error={errors['batch_export_id']}>
            {(props) => (
              <select {...props} value={exportId} onChange={(event) => setExportId(event.target.value)}>
                <option value="">Every export of the project</option>
                {exports.map((item) => <option key={item.id} value={item.id}>{item.name}</option>)}
                {exportId !== '' && !exports.some(({ id }) => id === exportId) && <option value={exportId}>{exportId}</option>}
              </select>
            )}
          </Field>
        </div>
        <div className="stack tight">
          <div className="row apart wrap">
            <span className="strong">Is told of</span>
            <Segments label="What it is told of" value={only ? 'only' : 'all'} onChange={(value) => setOnly(value === 'only')} options={[{ value: 'all', label: 'Everything' }, { value: 'only', label: 'Only these' }]} />
          </div>
          {only && EVENTS.map(([event, title]) => (
            <label className="choice" key={event}>
              <input
                type="checkbox"
                checked={events.has(event)}
                onChange={() => {
                  const next = new Set(events);
                  if (!next.delete(event)) {
                    next.add(event);
                  }
                  setEvents(next);
                }}
              />
              <span>{title} <code className="muted">{event}</code></span>
            </label>
          ))}
          {errors['events'] && <p className="small danger">{errors['events']}</p>}
        </div>
        <Field
          label="Secret"
          required={webhook === null}
          error={errors['secret']}
          hint={webhook === null ? 'Signs every message. It is shown only now: copy it to the receiver, which checks with it that a message comes from here.' : 'Empty: it stays as it is. A new one has to be known to the receiver.'}
        >
          {(props) => (
            <div className="row">
              <input {...props} className="mono" autoComplete="off" spellCheck={false} placeholder={webhook === null ? 'whsec_…' : 'Kept as stored when left empty'} value={secret} onChange={(event) => setSecret(event.target.value)} />
              {secret !== '' && <CopyButton text={secret} label="Copy the secret" />}
              <Button icon="retry" label="Make a new secret" onClick={() => setSecret(newSecret())} />
            </div>
          )}
        </Field>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={save.isPending} blocked={missing}>{webhook === null ? 'Create webhook' : 'Save changes'}</Button>
        </div>
      </form>
    </Modal>
  );
}
