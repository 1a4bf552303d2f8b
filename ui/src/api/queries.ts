import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, ApiError, call, client } from './client';
import type { FileOfRun, Interval, LogLine, Run, WebhookDelivery } from './client';

/** Keys begin with what an event names, so that it can be found stale: see events.ts. */
const exports = (project: number) => `/api/projects/${project}/batch_exports/`;

export interface Page<T> {
  results: T[];
  next: string | null;
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => answerOf(client.GET('/api/session')),
  staleTime: 60_000,
  retry: (failures, error) => !(error instanceof ApiError && error.status === 401) && failures < 3,
});

export const overviewQuery = (project: number) =>
  queryOptions({
    queryKey: ['overview', project],
    queryFn: ({ signal }) =>
      answerOf(client.GET('/api/projects/{project_id}/overview/', { params: { path: { project_id: project } }, signal })),
    refetchInterval: (query) => (query.state.status === 'error' ? 4_000 : 30_000),
  });

export const exportQuery = (project: number, id: string) =>
  queryOptions({
    queryKey: ['export', id],
    queryFn: ({ signal }) =>
      answerOf(
        client.GET('/api/projects/{project_id}/batch_exports/{id}/', {
          params: { path: { project_id: project, id } },
          signal,
        }),
      ),
  });

export interface RunFilter {
  status?: string[];
  backfill?: string;
}

export const runsQuery = (project: number, id: string, filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ['runs', id, filter],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: '100' });
      filter.status?.forEach((status) => query.append('status', status));
      if (filter.backfill) {
        query.set('backfill_id', filter.backfill);
      }
      if (pageParam) {
        query.set('cursor', pageParam);
      }
      return call<Page<Run>>('GET', `${exports(project)}${id}/runs/?${query}`, undefined, signal);
    },
    initialPageParam: '',
    getNextPageParam: (page) => cursorOf(page.next),
    placeholderData: keepPreviousData,
  });

export const UNDER_WAY = ['Starting', 'Running'];
export const UNSUCCESSFUL = ['Failed', 'TimedOut', 'Terminated', 'Cancelled'];
const LARGEST_PAGE = 1_000;

/** The runs that say why intervals of a range failed, newest interval first; asks until none of the wanted is missing. */
export const unsuccessfulRunsQuery = (project: number, id: string, start: string, end: string, wanted: string[]) =>
  queryOptions({
    queryKey: ['runs', id, 'unsuccessful', start, end, wanted],
    queryFn: async ({ signal }) => {
      const missing = new Set(wanted);
      const runs: Run[] = [];
      for (let cursor: string | undefined = ''; cursor !== undefined && missing.size > 0;) {
        const query = new URLSearchParams({ start, end, limit: String(LARGEST_PAGE) });
        UNSUCCESSFUL.forEach((status) => query.append('status', status));
        if (cursor) {
          query.set('cursor', cursor);
        }
        const page: Page<Run> = await call('GET', `${exports(project)}${id}/runs/?${query}`, undefined, signal);
        runs.push(...page.results);
        page.results.forEach((run) => missing.delete(run.id));
        cursor = cursorOf(page.next);
      }
      return runs;
    },
    enabled: wanted.length > 0,
    placeholderData: keepPreviousData,
  });

function cursorOf(next: string | null): string | undefined {
  return next === null ? undefined : (new URL(next, 'http://server').searchParams.get('cursor') ?? undefined);
}

export const runQuery = (project: number, id: string, run: string) =>
  queryOptions({
    queryKey: ['run', id, run],
    queryFn: ({ signal }) =>
      answerOf(
        client.GET('/api/projects/{project_id}/batch_exports/{id}/runs/{run}/', {
          params: { path: { project_id: project, id, run } },
          signal,
        }),
      ),
    refetchInterval: (query) => (isActive(query.state.data) ? 2_000 : false),
  });

export function isActive(run: { status: string } | undefined): boolean {
  return run !== undefined && UNDER_WAY.includes(run.status);
}

export const timelineQuery = (project: number, id: string, run: string, active: boolean) =>
  queryOptions({
    queryKey: ['timeline', id, run],
    queryFn: ({ signal }) =>
      answerOf(
        client.GET('/api/projects/{project_id}/batch_exports/{id}/runs/{run}/timeline/', {
          params: { path: { project_id: project, id, run } },
          signal,
        }),
      ),
    refetchInterval: active ? 2_000 : false,
  });

export const filesQuery = (project: number, id: string, run: string) =>
  queryOptions({
    queryKey: ['files', id, run],
    queryFn: ({ signal }) =>
      call<{ results: FileOfRun[] }>('GET', `${exports(project)}${id}/runs/${run}/files/`, undefined, signal),
  });

export interface LogFilter {
  run?: string;
  levels: string[];
  search: string;
}

export const logsQuery = (project: number, id: string, filter: LogFilter, live: boolean) =>
  infiniteQueryOptions({
    queryKey: ['logs', id, filter],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: '500' });
      filter.levels.forEach((level) => query.append('level', level));
      if (filter.search) {
        query.set('search', filter.search);
      }
      if (pageParam) {
        query.set('cursor', pageParam);
      }
      const path = filter.run ? `${exports(project)}${id}/runs/${filter.run}/logs/` : `${exports(project)}${id}/logs/`;
      return call<Page<LogLine>>('GET', `${path}?${query}`, undefined, signal);
    },
    initialPageParam: '',
    getNextPageParam: (page) => cursorOf(page.next),
    placeholderData: keepPreviousData,
    refetchInterval: live ? 2_000 : false,
  });

export const intervalsQuery = (project: number, id: string, start: string | null, end: string | null) =>
  queryOptions({
    queryKey: ['intervals', id, start, end],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams();
      if (start) {
        query.set('start', start);
      }
      if (end) {
        query.set('end', end);
      }
      return call<{ results: Interval[] }>('GET', `${exports(project)}${id}/intervals/?${query}`, undefined, signal);
    },
    placeholderData: keepPreviousData,
  });

export const backfillsQuery = (project: number, id: string) =>
  queryOptions({
    queryKey: ['backfills', id],
    queryFn: ({ signal }) =>
      answerOf(
        client.GET('/api/projects/{project_id}/batch_exports/{id}/backfills/', {
          params: { path: { project_id: project, id }, query: { limit: 200 } },
          signal,
        }),
      ),
    refetchInterval: (query) =>
      query.state.data?.results.some((backfill) => backfill.finished_at === null) ? 3_000 : false,
  });

export const metricsQuery = (project: number, id: string, start: string) =>
  queryOptions({
    queryKey: ['metrics', id, start],
    queryFn: ({ signal }) =>
      answerOf(
        client.GET('/api/projects/{project_id}/batch_exports/{id}/metrics/', {
          params: { path: { project_id: project, id }, query: { start } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const scheduleQuery = (project: number, id: string) =>
  queryOptions({
    queryKey: ['schedule', id],
    queryFn: ({ signal }) =>
      answerOf(
        client.GET('/api/projects/{project_id}/batch_exports/{id}/schedule/', {
          params: { path: { project_id: project, id }, query: { count: 5 } },
          signal,
        }),
      ),
    refetchInterval: 60_000,
  });

export interface Revision {
  revision: number;
  created_at: string;
  author: string;
  changes: { pointer: string; from: unknown; to: unknown }[];
}

export const revisionsQuery = (project: number, id: string) =>
  queryOptions({
    queryKey: ['revisions', id],
    queryFn: ({ signal }) => call<Page<Revision>>('GET', `${exports(project)}${id}/revisions/?limit=200`, undefined, signal),
    retry: false,
  });

export const destinationTypesQuery = queryOptions({
  queryKey: ['destination_types'],
  queryFn: () => answerOf(client.GET('/api/destination_types/')),
  staleTime: Infinity,
});

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => answerOf(client.GET('/api/system', { signal })),
  refetchInterval: 10_000,
});

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => answerOf(client.GET('/api/tokens/', { signal })),
});

const webhooks = (project: number) => `/api/projects/${project}/webhooks/`;

export const webhooksQuery = (project: number) =>
  queryOptions({
    queryKey: ['webhooks', project],
    queryFn: ({ signal }) =>
      answerOf(client.GET('/api/projects/{project_id}/webhooks/', { params: { path: { project_id: project } }, signal })),
  });

/** No event tells of them: while one waits for its next attempt they are asked for more often. */
export const deliveriesQuery = (project: number, webhook: string) =>
  infiniteQueryOptions({
    queryKey: ['deliveries', webhook],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: '50' });
      if (pageParam) {
        query.set('cursor', pageParam);
      }
      return call<Page<WebhookDelivery>>('GET', `${webhooks(project)}${webhook}/deliveries/?${query}`, undefined, signal);
    },
    initialPageParam: '',
    getNextPageParam: (page) => cursorOf(page.next),
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.results.some((delivery) => delivery.status === 'pending')) ? 5_000 : 20_000,
  });
