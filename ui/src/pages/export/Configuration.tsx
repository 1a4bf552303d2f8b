import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { ApiError, call } from '../../api/client';
import type { BatchExport } from '../../api/client';
import { destinationTypesQuery } from '../../api/queries';
import { draftOf, errorsByField, toPatch } from '../../form/draft';
import type { Draft } from '../../form/draft';
import { ConnectionTest, DestinationPart, ModelPart, NextIntervals, SchedulePart } from '../../form/parts';
import { Button, Failure, Field, Loading, Panel, Segments, useToast } from '../../ui/kit';
import type { TabProps } from './Export';

/** Comes with a reader of YAML, which few look at. */
const YamlView = lazy(() => import('./Yaml').then((module) => ({ default: module.YamlView })));

export function ConfigurationTab({ project, batchExport, blocked }: TabProps) {
  const types = useQuery(destinationTypesQuery);
  const queries = useQueryClient();
  const toast = useToast();
  const { view = 'form' } = useSearch({ from: '/shell/projects/$projectId/exports/$exportId/{-$tab}' });
  const navigate = useNavigate();
  const show = (next: 'form' | 'yaml') =>
    void navigate({
      to: '/projects/$projectId/exports/$exportId/{-$tab}',
      params: { projectId: String(project), exportId: batchExport.id, tab: 'configuration' },
      search: { view: next === 'yaml' ? next : undefined },
      replace: true,
    });
  const [edited, setEdited] = useState<Draft | null>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const save = useMutation({
    mutationFn: (patch: Record<string, unknown>) => call<BatchExport & { effects?: string[] }>('PATCH', `/api/projects/${project}/batch_exports/${batchExport.id}/`, patch),
    onSuccess: (changed) => {
      queries.setQueryData(['export', batchExport.id], changed);
      void queries.invalidateQueries();
      setEdited(null);
      setErrors({});
      toast(['Saved. The next run uses it.', ...(changed.effects ?? [])].join(' '));
    },
    onError: (error) => {
      setErrors(error instanceof ApiError ? errorsByField(error.errors) : {});
      toast(error.message, 'bad');
    },
  });

  if (types.isPending) {
    return <Loading what="the configuration" />;
  }
  if (!types.data) {
    return <Failure what="The configuration" error={types.error} onRetry={() => void types.refetch()} />;
  }
  const draft = edited ?? draftOf(batchExport, types.data);
  const patch = edited ? toPatch(edited, batchExport, types.data) : {};
  const changes = Object.keys(patch).length;
  const change = (part: Partial<Draft>) => setEdited({ ...draft, ...part });
  const parts = { draft, onChange: change, errors };

  return (
    <>
      <div className="row apart wrap">
        <Segments<'form' | 'yaml'> label="View" value={view} onChange={show} options={[{ value: 'form', label: 'Form' }, { value: 'yaml', label: 'YAML' }]} />
        {view === 'form' && (
          <div className="row wrap">
            <span className="muted" role="status">{changes > 0 ? `Changed: ${Object.keys(patch).join(', ').replaceAll('_', ' ')}` : 'No change'}</span>
            <Button blocked={changes === 0 && 'Nothing has changed.'} onClick={() => { setEdited(null); setErrors({}); }}>Discard</Button>
            <Button kind="primary" icon="check" busy={save.isPending} blocked={blocked || (changes === 0 && 'Nothing has changed.')} onClick={() => save.mutate(patch)}>Save changes</Button>
          </div>
        )}
      </div>
      {view === 'yaml' ? (
        <Suspense fallback={<Loading what="the file" />}>
          <YamlView project={project} batchExport={batchExport} types={types.data} blocked={blocked} />
        </Suspense>
      ) : (
        <div className="wizard">
          <div className="stack">
            <Panel title="Export">
              <div className="stack">
                <Field label="Name" required error={errors['name']}>
                  {(props) => <input {...props} value={draft.name} onChange={(event) => change({ name: event.target.value })} />}
                </Field>
                <ModelPart {...parts} />
              </div>
            </Panel>
            <DestinationPart {...parts} types={types.data} stored={draft.type === batchExport.destination.type} />
            <Panel title="Schedule"><SchedulePart {...parts} /></Panel>
          </div>
          <div className="aside">
            <ConnectionTest project={project} draft={draft} types={types.data} exportId={batchExport.id} blocked={blocked} onErrors={setErrors} />
            <NextIntervals draft={draft} />
          </div>
        </div>
      )}
    </>
  );
}
