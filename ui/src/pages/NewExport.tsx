import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError, call } from '../api/client';
import type { BatchExport, DestinationType } from '../api/client';
import { destinationTypesQuery } from '../api/queries';
import { useBlocked } from '../app/session';
import { location, modelName, scheduleOf } from '../exports/describe';
import { yaml } from '../exports/file';
import { emptyDraft, errorsByField, fieldsOfType, gridOfDraft, toRequest } from '../form/draft';
import type { Draft } from '../form/draft';
import { ConnectionTest, DestinationPart, ModelPart, NextIntervals, RowPreview, SchedulePart } from '../form/parts';
import { Icon } from '../ui/icons';
import { Button, Failure, Field, Loading, Panel } from '../ui/kit';

const STEPS = [
  ['model', 'Model'],
  ['destination', 'Destination'],
  ['schedule', 'Schedule'],
  ['review', 'Review'],
] as const;
type Step = (typeof STEPS)[number][0];

export function NewExportPage() {
  const { projectId } = useParams({ from: '/shell/projects/$projectId/exports/new' });
  const types = useQuery(destinationTypesQuery);
  if (types.isPending) {
    return <Loading what="destinations" />;
  }
  if (!types.data) {
    return <Failure what="The form" error={types.error} onRetry={() => void types.refetch()} />;
  }
  return <Wizard project={Number(projectId)} types={types.data} />;
}

/** The step at which an error can be mended. */
function stepOf(field: string): Step {
  if (field === 'name' || field === 'model' || field === 'filters' || field.endsWith('_events')) {
    return 'model';
  }
  return field === 'destination' || field.startsWith('config.') ? 'destination' : 'schedule';
}

function Wizard({ project, types }: { project: number; types: DestinationType[] }) {
  const { step: asked } = useSearch({ from: '/shell/projects/$projectId/exports/new' });
  const navigate = useNavigate({ from: '/projects/$projectId/exports/new' });
  const queries = useQueryClient();
  const blocked = useBlocked();
  const [draft, setDraft] = useState(() => emptyDraft(types));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [passed, setPassed] = useState<boolean | null>(null);
  const step: Step = STEPS.find(([key]) => key === asked)?.[0] ?? 'model';
  const index = STEPS.findIndex(([key]) => key === step);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const go = (to: Step) => void navigate({ search: { step: to === 'model' ? undefined : to } });
  const create = useMutation({
    mutationFn: () => call<BatchExport>('POST', `/api/projects/${project}/batch_exports/`, toRequest(draft, types)),
    onSuccess: async (created) => {
      void queries.invalidateQueries({ queryKey: ['overview'] });
      await navigate({ to: '/projects/$projectId/exports/$exportId/{-$tab}', params: { projectId: String(project), exportId: created.id, tab: undefined }, search: {} });
    },
    onError: (error) => {
      const found = error instanceof ApiError ? errorsByField(error.errors) : {};
      setErrors(found);
      const first = Object.keys(found)[0];
      if (first) {
        go(stepOf(first));
      }
    },
  });
  const parts = { draft, onChange: change, errors };
  const next = STEPS[index + 1]?.[0];
  const request = toRequest(draft, types);
  const missing = fieldsOfType(types, draft.type).filter((field) => field.required && !draft.config[draft.type]?.[field.name]?.trim()).map((field) => field.title);
  const done = (key: Step, at: number) => at < index && (key !== 'model' || draft.name.trim() !== '') && (key !== 'destination' || missing.length === 0);

  return (
    <>
      <nav className="crumbs" aria-label="Breadcrumbs">
        <Link to="/projects/$projectId/exports" params={{ projectId: String(project) }}>Exports</Link>
        <span aria-hidden="true">/</span>
        <span>new</span>
      </nav>
      <div className="head">
        <h1>New export</h1>
        <ol className="progress" aria-label="Steps">
          {STEPS.map(([key, title], at) => (
            <li key={key}>
              <Link
                from="/projects/$projectId/exports/new"
                to="."
                search={{ step: key === 'model' ? undefined : key }}
                className={key === step ? 'now' : done(key, at) ? 'done' : ''}
                aria-current={key === step ? 'step' : undefined}
              >
                <b>{done(key, at) && key !== step ? <Icon name="check" /> : at + 1}</b>
                {title}
                {Object.keys(errors).some((field) => stepOf(field) === key) && <span className="danger" title="Something has to be changed here">✕</span>}
              </Link>
            </li>
          ))}
        </ol>
      </div>
      {create.error && Object.keys(errors).length === 0 && <p className="callout" role="alert">{create.error.message}</p>}
      {Object.keys(errors).length > 0 && create.isError && <p className="callout" role="alert">The server refused it: mend what is marked.</p>}
      <div className="wizard">
        <div className="stack">
          {step === 'model' && (
            <Panel title="What to export">
              <div className="stack">
                <Field label="Name" required hint="How people call this export." error={errors['name']}>
                  {(props) => <input {...props} value={draft.name} autoComplete="off" placeholder="events to the lake" onChange={(event) => change({ name: event.target.value })} />}
                </Field>
                <ModelPart {...parts} />
              </div>
            </Panel>
          )}
          {step === 'model' && <RowPreview project={project} draft={draft} types={types} blocked={blocked} />}
          {step === 'destination' && <DestinationPart {...parts} types={types} />}
          {step === 'schedule' && <Panel title="When"><SchedulePart {...parts} /></Panel>}
          {step === 'review' && <Review draft={draft} request={request} />}
          <div className="row">
            {index > 0 && <Button onClick={() => go(STEPS[index - 1]![0])}>Back</Button>}
            <span className="grow" />
            {next ? (
              <Button
                kind="primary"
                blocked={step === 'model' ? draft.name.trim() === '' && 'Give it a name first.' : step === 'destination' ? missing.length > 0 && `Fill in first: ${missing.join(', ')}.` : false}
                onClick={() => go(next)}
              >
                Next: {STEPS[index + 1]![1]}
              </Button>
            ) : (
              <>
                {passed === false && <span className="danger">The connection test failed: it can be created, and its runs will fail until that is mended.</span>}
                <Button kind="primary" icon="check" busy={create.isPending} blocked={blocked || (draft.name.trim() === '' && 'Give it a name first.') || (missing.length > 0 && `Fill in first: ${missing.join(', ')}.`)} onClick={() => create.mutate()}>Create export</Button>
              </>
            )}
          </div>
        </div>
        <div className="aside">
          {(step === 'destination' || step === 'review') && (
            <ConnectionTest project={project} draft={draft} types={types} blocked={blocked || (missing.length > 0 && `Fill in first: ${missing.join(', ')}.`)} onErrors={setErrors} onPassed={setPassed} />
          )}
          {step === 'model' && (
            <Panel title="How rows are chosen">
              <p className="muted">
                Each run exports the rows that <strong>landed in ClickHouse</strong> within its interval, start included, end excluded. Scheduled runs and backfills cut time at the same places, so nothing overlaps and nothing is left out.
              </p>
            </Panel>
          )}
          {(step === 'schedule' || step === 'review') && <NextIntervals draft={draft} />}
        </div>
      </div>
    </>
  );
}

function Review({ draft, request }: { draft: Draft; request: Record<string, unknown> }) {
  const grid = gridOfDraft(draft);
  const destination = request['destination'] as { type: string; config: Record<string, unknown> };
  const safe = JSON.parse(JSON.stringify(request)) as { destination: { config: Record<string, unknown> } };
  for (const key of Object.keys(safe.destination.config)) {
    if (/secret|password|private_key|token|passphrase/.test(key)) {
      safe.destination.config[key] = '***';
    }
  }
  return (
    <Panel title="Review">
      <div className="stack">
        <dl className="pairs">
          <dt>Name</dt>
          <dd className="strong">{draft.name || <span className="danger">missing</span>}</dd>
          <dt>Exports</dt>
          <dd>{modelName(request['model'])}</dd>
          <dt>To</dt>
          <dd className="mono">{location(destination.type, destination.config)}</dd>
          <dt>Schedule</dt>
          <dd>{scheduleOf({ interval: grid.interval, timezone: grid.timezone, offset_hour: grid.offsetHour, offset_day: grid.offsetDay })}</dd>
        </dl>
        <pre className="code" tabIndex={0} aria-label="As YAML">{yaml(safe)}</pre>
      </div>
    </Panel>
  );
}
