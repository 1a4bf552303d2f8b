import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, ApiError, client } from '../../api/client';
import type { IssuedToken, Token } from '../../api/client';
import { sessionQuery, tokensQuery } from '../../api/queries';
import { useTokensBlocked } from '../../app/session';
import { useNow, useZone } from '../../app/zone';
import { errorsByField, fromLocal } from '../../form/draft';
import { ago, date, moment, until } from '../../time/format';
import { Button, Code, ConfirmDialog, Empty, Failure, Field, Loading, Modal, Panel, useToast } from '../../ui/kit';
import { State } from '../../ui/state';

const SCOPES = [
  { scope: 'batch_export:read', title: 'Read', hint: 'Sees exports, runs, logs and files; changes nothing.' },
  { scope: 'batch_export:write', title: 'Read and write', hint: 'Creates, changes, runs and deletes exports and webhooks.' },
  { scope: 'admin', title: 'Admin', hint: 'Everything, and tokens too.' },
] as const;
type ScopeName = (typeof SCOPES)[number]['scope'];

/** What a token allows, by the greatest of its scopes. */
function allows(scopes: string[]): string {
  return SCOPES.findLast(({ scope }) => scopes.includes(scope))?.title ?? scopes.join(', ');
}

export function TokensTab({ project }: { project: number }) {
  const blocked = useTokensBlocked();
  const tokens = useQuery({ ...tokensQuery, enabled: !blocked });
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<Token | null>(null);
  const all = tokens.data?.results;
  return (
    <>
      <Panel flush title="API tokens" actions={<Button icon="plus" blocked={blocked} onClick={() => setCreating(true)}>Create token</Button>}>
        {blocked && (
          <Empty title="Only an admin sees the tokens">Sign in with a token of the scope admin, or ask somebody who has one for a token that allows what you need.</Empty>
        )}
        {!blocked && tokens.isPending && <Loading what="tokens" />}
        {tokens.isError && !all && <Failure what="The tokens" error={tokens.error} onRetry={() => void tokens.refetch()} />}
        {all?.length === 0 && <Empty title="No token yet">Programs, the command line and people sign in with one.</Empty>}
        {all && all.length > 0 && (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Tokens, scrollable">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">State</th>
                  <th scope="col">Allows</th>
                  <th scope="col">Project</th>
                  <th scope="col">Created</th>
                  <th scope="col">Expires</th>
                  <th scope="col">Last used</th>
                  <th scope="col"><span className="visually-hidden">Actions</span></th>
                </tr>
              </thead>
              <tbody>{all.map((token) => <Row key={token.id} token={token} onDelete={() => setDeleting(token)} />)}</tbody>
            </table>
          </div>
        )}
      </Panel>
      {creating && <CreateDialog project={project} onClose={() => setCreating(false)} />}
      {deleting && <DeleteToken token={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function Row({ token, onDelete }: { token: Token; onDelete: () => void }) {
  const { zone } = useZone();
  const now = useNow(30_000);
  const expires = token.expires_at === null ? null : Date.parse(token.expires_at);
  const used = token.last_used_at === null ? null : Date.parse(token.last_used_at);
  const created = Date.parse(token.created_at);
  const expired = expires !== null && expires <= now;
  return (
    <tr>
      <td className="strong"><div className="name">{token.name}</div></td>
      <td><State state={expired ? 'expired' : 'valid'} /></td>
      <td className="nowrap" title={token.scopes.join(', ')}>{allows(token.scopes)}</td>
      <td className="nowrap">{token.project_id === null ? 'every project' : `project ${token.project_id}`}</td>
      <td className="nowrap muted" title={moment(created, zone)}>{date(created, zone)}</td>
      <td className="nowrap" title={expires === null ? undefined : moment(expires, zone)}>{expires === null ? <span className="muted">never</span> : expired ? date(expires, zone) : until(expires, now)}</td>
      <td className="nowrap muted" title={used === null ? undefined : moment(used, zone)}>{used === null ? 'never' : ago(used, now)}</td>
      <td>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button size="small" kind="danger" icon="trash" aria-label={`Delete the token ${token.name}`} onClick={onDelete}>Delete</Button>
        </div>
      </td>
    </tr>
  );
}

function DeleteToken({ token, onClose }: { token: Token; onClose: () => void }) {
  const queries = useQueryClient();
  const toast = useToast();
  const remove = useMutation({
    mutationFn: () => answerOf(client.DELETE('/api/tokens/{id}/', { params: { path: { id: token.id } } })),
    onSuccess: () => {
      toast(`The token ${token.name} is deleted.`);
      onClose();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['tokens'] }),
  });
  return (
    <ConfirmDialog title={`Delete the token ${token.name}?`} confirm="Delete token" busy={remove.isPending} error={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>It stops to work at once: programs that use it are refused, and browsers that signed in with it are signed out. Exports and their runs go on. It cannot be brought back.</p>
    </ConfirmDialog>
  );
}

const LIFETIMES = [
  { days: 7, title: 'In 7 days' },
  { days: 30, title: 'In 30 days' },
  { days: 90, title: 'In 90 days' },
  { days: 365, title: 'In a year' },
];

function CreateDialog({ project, onClose }: { project: number; onClose: () => void }) {
  const { zone } = useZone();
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<ScopeName>('batch_export:read');
  const [where, setWhere] = useState('');
  const [expires, setExpires] = useState('');
  const [day, setDay] = useState('');
  const confined = session.data?.project_id ?? null;
  const create = useMutation({
    mutationFn: () =>
      answerOf(
        client.POST('/api/tokens/', {
          body: {
            name: name.trim(),
            scopes: [scope],
            project_id: where === '' ? null : Number(where),
            expires_at: expires === '' ? null : expires === 'day' ? fromLocal(`${day}T00:00`, zone) : new Date(Date.now() + Number(expires) * 86_400_000).toISOString(),
          },
        }),
      ),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['tokens'] }),
  });
  if (create.data) {
    return <Issued token={create.data} onClose={onClose} />;
  }
  const errors = create.error instanceof ApiError ? errorsByField(create.error.errors) : {};
  const missing = name.trim() === '' ? 'Give it a name first.' : expires === 'day' && day === '' ? 'Choose the day first.' : false;
  return (
    <Modal title="Create token" opened onClose={onClose} size={520}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) {
            create.mutate();
          }
        }}
      >
        {create.error && Object.keys(errors).length === 0 && <p className="callout" role="alert">{create.error.message}</p>}
        <Field label="Name" required hint="Who or what uses it: it stands in the history of exports." error={errors['name']}>
          {(props) => <input {...props} data-autofocus autoComplete="off" maxLength={255} placeholder="nightly deployment" value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <fieldset className="stack tight">
          <legend className="strong" style={{ marginBottom: 4 }}>Allows</legend>
          {SCOPES.map((choice) => (
            <label className="choice" key={choice.scope}>
              <input type="radio" name="scope" checked={scope === choice.scope} onChange={() => setScope(choice.scope)} />
              <span>
                <span className="strong">{choice.title}</span> <code className="muted">{choice.scope}</code>
                <span className="hint" style={{ display: 'block' }}>{choice.hint}</span>
              </span>
            </label>
          ))}
          {errors['scopes'] && <p className="small danger">{errors['scopes']}</p>}
        </fieldset>
        <div className="fields">
          <Field label="Project" error={errors['project_id']} hint={confined === null ? undefined : 'Your own token is for this project only.'}>
            {(props) => (
              <select {...props} value={where} onChange={(event) => setWhere(event.target.value)}>
                {confined === null ? <option value="">Every project</option> : <option value="">Project {confined}</option>}
                {confined === null && <option value={project}>Project {project} only</option>}
              </select>
            )}
          </Field>
          <Field label="Expires" error={errors['expires_at']}>
            {(props) => (
              <select {...props} value={expires} onChange={(event) => setExpires(event.target.value)}>
                <option value="">Never</option>
                {LIFETIMES.map(({ days, title }) => <option key={days} value={days}>{title}</option>)}
                <option value="day">On a day …</option>
              </select>
            )}
          </Field>
          {expires === 'day' && (
            <Field label={`Valid until the start of this day, ${zone}`} wide>
              {(props) => <input {...props} type="date" value={day} onChange={(event) => setDay(event.target.value)} />}
            </Field>
          )}
        </div>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={create.isPending} blocked={missing}>Create token</Button>
        </div>
      </form>
    </Modal>
  );
}

function Issued({ token, onClose }: { token: IssuedToken; onClose: () => void }) {
  return (
    <Modal title={`The token ${token.name}`} opened onClose={onClose} size={520} explicit>
      <div className="stack">
        <p className="callout warn"><strong>It is shown only now.</strong> Copy it to where it is used, or to a password manager: only its hash is kept here.</p>
        <Code text={token.token} label="the token" />
        <p className="muted">For the command line: <code>export BX_API_TOKEN=…</code>; for programs: the header <code>Authorization: Bearer …</code>.</p>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button kind="primary" icon="check" onClick={onClose}>I have it</Button>
        </div>
      </div>
    </Modal>
  );
}
