import { useQueryClient } from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export type Liveness = 'connecting' | 'live' | 'polling';

const POLL = 5_000;
const COLLECT = 700;
const FAILURES_BEFORE_POLLING = 2;

/** Exports that this page is deleting: it asks for nothing of them any more. */
export const beingDeleted = new Set<string>();

interface Hint {
  kind: 'batch_export' | 'run' | 'backfill';
  exportId: string;
  id: string;
}

/** Which queries a change makes stale, by the beginnings of their keys. */
export function staleKeys(hint: Hint): string[][] {
  const of = (...kinds: string[]) => kinds.map((kind) => [kind, hint.exportId]);
  switch (hint.kind) {
    case 'run':
      return [
        ...of('runs', 'export', 'intervals', 'metrics'),
        ...['run', 'timeline', 'files', 'logs'].map((kind) => [kind, hint.exportId, hint.id].slice(0, kind === 'logs' ? 2 : 3)),
      ];
    case 'backfill':
      return of('backfills', 'intervals');
    case 'batch_export':
      return of('export', 'schedule', 'intervals', 'revisions');
  }
}

/**
 * Follows the server's events of a project, and finds stale what they name. The browser resumes by itself, with
 * Last-Event-ID; while that does not work everything is asked for again every few seconds.
 */
export function useEvents(project: number): Liveness {
  const queries = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>('connecting');

  useEffect(() => {
    if (typeof EventSource === 'undefined') {
      setLiveness('polling');
      const poll = setInterval(() => void queries.invalidateQueries({ refetchType: 'active' }), POLL);
      return () => clearInterval(poll);
    }
    const stale = new Collector(queries);
    const source = new EventSource(`/api/projects/${project}/events/`);
    let failures = 0;
    let poll: ReturnType<typeof setInterval> | undefined;

    source.onopen = () => {
      if (failures > 0) {
        void queries.invalidateQueries({ refetchType: 'active' });
      }
      failures = 0;
      clearInterval(poll);
      poll = undefined;
      setLiveness('live');
    };
    source.onerror = () => {
      failures++;
      if (failures >= FAILURES_BEFORE_POLLING && poll === undefined) {
        setLiveness('polling');
        poll = setInterval(() => void queries.invalidateQueries({ refetchType: 'active' }), POLL);
      }
    };
    for (const kind of ['batch_export', 'run', 'backfill'] as const) {
      source.addEventListener(kind, (event) => {
        const data = JSON.parse((event as MessageEvent<string>).data) as { id: string; batch_export_id: string };
        stale.add({ kind, exportId: data.batch_export_id, id: data.id });
      });
    }
    return () => {
      source.close();
      clearInterval(poll);
      stale.stop();
    };
  }, [project, queries]);

  return liveness;
}

/** Gathers what is stale for a moment: a backfill changes many runs a second. */
class Collector {
  private readonly keys = new Map<string, string[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly queries: QueryClient) {}

  add(hint: Hint): void {
    for (const key of staleKeys(hint)) {
      this.keys.set(key.join('/'), key);
    }
    this.keys.set('overview', ['overview']);
    this.timer ??= setTimeout(() => this.flush(), COLLECT);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private flush(): void {
    this.timer = undefined;
    const keys = [...this.keys.values()].filter(([, exportId]) => exportId === undefined || !beingDeleted.has(exportId));
    this.keys.clear();
    keys.forEach((queryKey) => void this.queries.invalidateQueries({ queryKey }));
  }
}
