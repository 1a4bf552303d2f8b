import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../api/client';
import { beingDeleted } from '../api/events';
import { plural } from '../time/format';
import { Button, Field, Modal, useToast } from '../ui/kit';

interface Props {
  project: number;
  id: string;
  name: string;
  activeRuns: number;
  activeBackfills: number;
  onClose: () => void;
}

/** Says what deleting does, and wants the name typed. */
export function DeleteDialog({ project, id, name, activeRuns, activeBackfills, onClose }: Props) {
  const [typed, setTyped] = useState('');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const remove = useMutation({
    mutationFn: () => call('DELETE', `/api/projects/${project}/batch_exports/${id}/`),
    onMutate: () => beingDeleted.add(id),
    onError: () => beingDeleted.delete(id),
    onSuccess: async () => {
      toast(`${name} is deleted. What it exported stays at the destination.`);
      onClose();
      await navigate({ to: '/projects/$projectId/exports', params: { projectId: String(project) } });
      await queries.invalidateQueries({ queryKey: ['overview'] });
    },
  });
  return (
    <Modal title={`Delete ${name}?`} opened onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === name) {
            remove.mutate();
          }
        }}
      >
        <ul className="stack tight" style={{ listStyle: 'disc', paddingLeft: 18 }}>
          <li>Its schedule is removed: no further interval is exported.</li>
          <li>
            {activeRuns + activeBackfills > 0
              ? `${plural(activeRuns, 'run')} and ${plural(activeBackfills, 'backfill')} under way are cancelled.`
              : 'No run or backfill is under way.'}
          </li>
          <li>Its runs, logs and configuration are no longer shown.</li>
          <li><strong>What was exported stays at the destination.</strong></li>
        </ul>
        <Field label={`Type “${name}” to delete it`} error={remove.error?.message}>
          {(props) => <input {...props} data-autofocus autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>Keep it</Button>
          <Button type="submit" kind="danger" className="filled" icon="trash" busy={remove.isPending} blocked={typed !== name && 'Type the name of the export first.'}>Delete export</Button>
        </div>
      </form>
    </Modal>
  );
}
