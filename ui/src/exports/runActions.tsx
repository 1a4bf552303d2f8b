import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { call } from '../api/client';
import type { BatchExport, Run } from '../api/client';
import { plural } from '../time/format';
import { ConfirmDialog, useToast } from '../ui/kit';
import { doubles } from './rerun';

export function useRunActions(project: number, run: Run, onRetried?: (run: Run) => void) {
  const queries = useQueryClient();
  const toast = useToast();
  const navigate = useNavigate();
  const path = `/api/projects/${project}/batch_exports/${run.batch_export_id}/runs/${run.id}`;
  const settle = () => {
    for (const kind of ['runs', 'run', 'export', 'intervals', 'overview']) {
      void queries.invalidateQueries({ queryKey: [kind] });
    }
  };
  const retry = useMutation({
    mutationFn: () => call<Run>('POST', `${path}/retry/`),
    onSuccess: (fresh) => {
      toast('The interval is exported again by a new run, with the present configuration.');
      if (onRetried) {
        onRetried(fresh);
        void navigate({ to: '/projects/$projectId/exports/$exportId/runs/$runId', params: { projectId: String(project), exportId: run.batch_export_id, runId: fresh.id } });
      }
    },
    onError: (error) => toast(error.message, 'bad'),
    onSettled: settle,
  });
  const cancel = useMutation({
    mutationFn: () => call<Run>('POST', `${path}/cancel/`),
    onSuccess: () => toast('The run stops at its next step, unless its commit has begun.'),
    onError: (error) => toast(error.message, 'bad'),
    onSettled: settle,
  });
  return { retry, cancel };
}

/** Exports the interval of a run again; asks first where its rows would then be at the destination twice. */
export function useExportAgain(project: number, run: Run, batchExport: BatchExport, onRetried?: (run: Run) => void): { start: () => void; busy: boolean; question: ReactNode } {
  const { retry } = useRunActions(project, run, onRetried);
  const [asking, setAsking] = useState(false);
  const question = asking && (
    <ConfirmDialog
      title="Export this interval again?"
      confirm="Export again"
      keep="Leave it"
      icon="retry"
      busy={retry.isPending}
      error={retry.error}
      onConfirm={() => retry.mutate(undefined, { onSuccess: () => setAsking(false) })}
      onClose={() => setAsking(false)}
    >
      <p>This export appends: the {plural(run.records_completed, 'row')} of the interval will be at the destination twice.</p>
      <p>
        To have the earlier rows taken away instead, first set what happens when an interval is exported again to Replace, in the{' '}
        <Link className="link" to="/projects/$projectId/exports/$exportId/{-$tab}" params={{ projectId: String(project), exportId: run.batch_export_id, tab: 'configuration' }}>configuration</Link>.
      </p>
    </ConfirmDialog>
  );
  return { start: () => (doubles(run, batchExport) ? setAsking(true) : retry.mutate()), busy: retry.isPending, question };
}
