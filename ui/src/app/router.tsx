import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { ApiError } from '../api/client';
import { sessionQuery } from '../api/queries';
import { ExportsPage } from '../pages/Exports';
import { Empty } from '../ui/kit';
import { Shell } from './Shell';

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: () => (
    <Empty title="There is nothing at this address" action={<a className="button" href="/">To the exports</a>}>
      The link may be old, or was cut short.
    </Empty>
  ),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({
    // Only a place of this site: a link must not lead elsewhere after signing in.
    next: typeof search['next'] === 'string' && /^\/(?![/\\])/.test(search['next']) ? search['next'] : undefined,
  }),
  component: lazyRouteComponent(() => import('../pages/SignIn'), 'SignInPage'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(sessionQuery);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({ to: '/sign-in', search: { next: location.href } });
      }
      // A server that is away: the page says so, and finds it again.
    }
  },
});

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: ({ context }) => {
    const session = context.queries.getQueryData(sessionQuery.queryKey);
    const project = session?.project_id ?? Number(localStorage.getItem('project') ?? 1);
    throw redirect({ to: '/projects/$projectId/exports', params: { projectId: String(project) } });
  },
});

export type HealthFilter = 'attention' | 'healthy' | 'paused';

const project = createRoute({
  getParentRoute: () => shell,
  path: '/projects/$projectId',
  component: Outlet,
});

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

const exports = createRoute({
  getParentRoute: () => project,
  path: '/exports',
  validateSearch: (search: Record<string, unknown>): { q?: string; show?: HealthFilter } => ({
    q: search['q'] === undefined || search['q'] === '' ? undefined : String(search['q']),
    show: ['attention', 'healthy', 'paused'].includes(String(search['show'])) ? (search['show'] as HealthFilter) : undefined,
  }),
  component: ExportsPage,
});

const newExport = createRoute({
  getParentRoute: () => project,
  path: '/exports/new',
  validateSearch: (search: Record<string, unknown>): { step?: string } => ({ step: text(search['step']) }),
  component: lazyRouteComponent(() => import('../pages/NewExport'), 'NewExportPage'),
});

export interface ExportSearch {
  show?: string;
  days?: number;
  backfill?: string;
  level?: string;
  q?: string;
  view?: 'yaml';
}

const exportTab = createRoute({
  getParentRoute: () => project,
  path: '/exports/$exportId/{-$tab}',
  validateSearch: (search: Record<string, unknown>): ExportSearch => ({
    show: text(search['show']),
    days: typeof search['days'] === 'number' ? search['days'] : undefined,
    backfill: text(search['backfill']),
    level: text(search['level']),
    view: search['view'] === 'yaml' ? 'yaml' : undefined,
    q: search['q'] === undefined || search['q'] === '' ? undefined : String(search['q']),
  }),
  component: lazyRouteComponent(() => import('../pages/export/Export'), 'ExportPage'),
});

const run = createRoute({
  getParentRoute: () => project,
  path: '/exports/$exportId/runs/$runId',
  component: lazyRouteComponent(() => import('../pages/Run'), 'RunPage'),
});

const settings = createRoute({
  getParentRoute: () => project,
  path: '/settings/{-$tab}',
  validateSearch: (search: Record<string, unknown>): { webhook?: string } => ({ webhook: text(search['webhook']) }),
  component: lazyRouteComponent(() => import('../pages/settings/Settings'), 'SettingsPage'),
});

const system = createRoute({
  getParentRoute: () => shell,
  path: '/system',
  component: lazyRouteComponent(() => import('../pages/System'), 'SystemPage'),
});

const tree = root.addChildren([signIn, shell.addChildren([home, system, project.addChildren([exports, newExport, exportTab, run, settings])])]);

export function makeRouter(queries: QueryClient) {
  return createRouter({ routeTree: tree, context: { queries }, defaultPreload: 'intent', defaultPreloadStaleTime: 0, scrollRestoration: true });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
