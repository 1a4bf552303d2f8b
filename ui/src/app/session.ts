import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { sessionQuery } from '../api/queries';

/** Why actions are closed to the person who is signed in; false when they are open. */
export function useBlocked(): string | false {
  const { data } = useQuery(sessionQuery);
  return data && !data.may_write ? 'Your token may only read. Actions need one with the scope batch_export:write.' : false;
}

/** Why tokens are closed to the person who is signed in; false when they are open. */
export function useTokensBlocked(): string | false {
  const { data } = useQuery(sessionQuery);
  return data && !data.scopes.includes('admin') ? 'Tokens are managed with a token of the scope admin; yours has another.' : false;
}

/** The project of the address, or the one that was looked at last. */
export function useProject(): number {
  const { projectId } = useParams({ strict: false });
  const { data } = useQuery(sessionQuery);
  const found = Number(projectId ?? data?.project_id ?? localStorage.getItem('project') ?? 1);
  return Number.isSafeInteger(found) && found > 0 ? found : 1;
}
