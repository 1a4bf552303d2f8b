import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/client';
import type { BatchExport, ExportSummary } from '../../api/client';
import { exportQuery, overviewQuery } from '../../api/queries';
import { useBlocked } from '../../app/session';
import { BackfillDialog } from '../../exports/BackfillDialog';
import { DeleteDialog } from '../../exports/DeleteDialog';
import { format, location, modelName, scheduleOf } from '../../exports/describe';
import { healthState } from '../../exports/health';
import { LogView } from '../../exports/LogView';
import { plural } from '../../time/format';
import { Button, Empty, Failure, Loading, Menu, Modal, useToast } from '../../ui/kit';
import { Icon } from '../../ui/icons';
import { Logo, State } from '../../ui/state';
import { BackfillsTab } from './Backfills';
import { ConfigurationTab } from './Configuration';
import { HistoryTab } from './History';
import { MetricsTab } from './Metrics';
import { OverviewTab } from './Overview';
import { RunsTab } from './Runs';

const TABS = [
  ['overview', 'Overview'],
  ['runs', 'Runs'],
  ['backfills', 'Backfills'],
  ['metrics', 'Metrics'],
  ['logs', 'Logs'],
  ['configuration', 'Configuration'],
  ['history', 'History'],
] as const;

export interface BackfillWish {
  start?: string;
  end?: string;
  scope?: 'all' | 'gaps';
}

export interface TabProps {
  project: number;
  batchExport: BatchExport;
  summary: ExportSummary | undefined;
  blocked: string | false;
  onBackfill: (wish: BackfillWish) => void;
}

export function ExportPage() {
  const { projectId, exportId, tab = 'overview' } = useParams({ from: '/shell/projects/$projectId/exports/$exportId/{-$tab}' });
  const search = useSearch({ from: '/shell/projects/$projectId/exports/$exportId/{-$tab}' });
  const navigate = useNavigate();
  const project = Number(projectId);
  const found = useQuery(exportQuery(project, exportId));
  const overview = useQuery(overviewQuery(project));
  const blocked = useBlocked();
  const [wish, setWish] = useState<BackfillWish | null>(null);
  const summary = overview.data?.exports.find((item) => item.id === exportId);
  const params = { projectId, exportId };
  const route = '/projects/$projectId/exports/$exportId/{-$tab}';

  if (found.isPending) {
    return <Loading what="the export" />;
  }
  if (!found.data) {
    return <Failure what="This export" error={found.error} onRetry={() => void found.refetch()} />;
  }
  const batchExport = found.data;
  const asked = wish ?? (search.backfill === 'new' && !blocked ? {} : null);
  const closeBackfill = () => {
    setWish(null);
    if (search.backfill === 'new') {
      void navigate({ to: route, params: { ...params, tab: tab === 'overview' ? undefined : tab }, replace: true });
    }
  };
  const props: TabProps = { project, batchExport, summary, blocked, onBackfill: setWish };

  return (
    <>
      <Header {...props} />
      <nav className="tabs" aria-label="Views of this export">
        {TABS.map(([key, title]) => (
          <Link key={key} to={route} params={{ ...params, tab: key === 'overview' ? undefined : key }} activeOptions={{ exact: true, includeSearch: false }}>
            {title}
          </Link>
        ))}
      </nav>
      {tab === 'overview' && <OverviewTab {...props} />}
      {tab === 'runs' && <RunsTab {...props} />}
      {tab === 'backfills' && <BackfillsTab {...props} />}
      {tab === 'metrics' && <MetricsTab {...props} />}
      {tab === 'logs' && (
        <LogView
          project={project}
          exportId={exportId}
          live={(summary?.active_runs ?? 0) > 0}
          level={search.level ?? 'all'}
          search={search.q ?? ''}
          onFilter={({ level, search: q }) => void navigate({ to: route, params: { ...params, tab }, search: { level: level === 'all' ? undefined : level, q: q || undefined }, replace: true })}
        />
      )}
      {tab === 'configuration' && <ConfigurationTab key={batchExport.id} {...props} />}
      {tab === 'history' && <HistoryTab {...props} />}
      {!TABS.some(([key]) => key === tab) && <Empty title="There is no such view">Choose one of the tabs above.</Empty>}
      {asked && (
        <BackfillDialog
          project={project}
          batchExport={batchExport}
          start={asked.start}
          end={asked.end}
          scope={asked.scope}
          onClose={closeBackfill}
          onStarted={() => {
            setWish(null);
            void navigate({ to: route, params: { ...params, tab: 'backfills' } });
          }}
        />
      )}
    </>
  );
}

function Header({ project, batchExport, summary, blocked, onBackfill }: TabProps) {
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const [resuming, setResuming] = useState(false);
  const change = usePauseChange(project, batchExport);
  const params = { projectId: String(project), exportId: batchExport.id };
  const health = summary ? healthState(summary) : batchExport.status === 'active' ? null : batchExport.status;
  const ended = batchExport.status === 'ended';
  return (
    <div>
      <nav className="crumbs" aria-label="Breadcrumbs">
        <Link to="/projects/$projectId/exports" params={{ projectId: params.projectId }}>Exports</Link>
        <span aria-hidden="true">/</span>
        <span className="clip">{batchExport.name}</span>
      </nav>
      <div className="head" style={{ marginTop: 6 }}>
        <div className="row grow" style={{ gap: 12, alignItems: 'flex-start', minWidth: 300 }}>
          <Logo large type={batchExport.destination.type} />
          <div style={{ minWidth: 0 }}>
            <div className="row wrap">
              <h1>{batchExport.name}</h1>
              {health && <State state={health} />}
              {summary && summary.gaps > 0 && <span className="state warn"><Icon name="warning" />{plural(summary.gaps, 'gap')}</span>}
            </div>
            <div className="facts">
              <span className="mono">{modelName(batchExport.model)} → {location(batchExport.destination.type, batchExport.destination.config)}</span>
              {format(batchExport.destination.config) && <span>{format(batchExport.destination.config)}</span>}
              <span>{scheduleOf(batchExport)}</span>
              {batchExport.pause_reason && batchExport.paused && <span className="danger">{batchExport.pause_reason}</span>}
            </div>
          </div>
        </div>
        <div className="actions">
          {batchExport.paused ? (
            <Button icon="play" blocked={blocked} onClick={() => setResuming(true)}>Resume</Button>
          ) : (
            <Button icon="pause" busy={change.isPending} blocked={blocked || (ended && 'It has ended.')} onClick={() => change.mutate({ verb: 'pause' })}>Pause</Button>
          )}
          <Button kind="primary" icon="history" blocked={blocked} onClick={() => onBackfill({})}>Create historic export</Button>
          <Menu
            label="More actions"
            entries={[
              { label: 'Edit configuration', icon: 'edit', onSelect: () => void navigate({ to: '/projects/$projectId/exports/$exportId/{-$tab}', params: { ...params, tab: 'configuration' } }) },
              { label: 'Re-run all gaps', icon: 'retry', blocked, onSelect: () => onBackfill({ start: batchExport.start_at ?? batchExport.created_at, scope: 'gaps' }) },
              { label: 'Copy id', icon: 'copy', onSelect: () => void navigator.clipboard.writeText(batchExport.id) },
              { label: 'Delete', icon: 'trash', danger: true, blocked, onSelect: () => setDeleting(true) },
            ]}
          />
        </div>
      </div>
      {deleting && (
        <DeleteDialog project={project} id={batchExport.id} name={batchExport.name} activeRuns={summary?.active_runs ?? 0} activeBackfills={summary?.active_backfills ?? 0} onClose={() => setDeleting(false)} />
      )}
      <Modal title={`Resume ${batchExport.name}`} opened={resuming} onClose={() => setResuming(false)}>
        <div className="stack">
          <p>The schedule goes on with the interval that is under way. What ended while it was paused was not exported.</p>
          <div className="row wrap" style={{ justifyContent: 'flex-end' }}>
            <Button busy={change.isPending} onClick={() => change.mutate({ verb: 'unpause', backfill: false }, { onSuccess: () => setResuming(false) })}>Resume only</Button>
            <Button kind="primary" icon="history" busy={change.isPending} onClick={() => change.mutate({ verb: 'unpause', backfill: true }, { onSuccess: () => setResuming(false) })}>Resume and backfill what was missed</Button>
          </div>
        </div>
      </Modal>
    </div>
  );
}

function usePauseChange(project: number, batchExport: BatchExport) {
  const queries = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: ({ verb, backfill }: { verb: 'pause' | 'unpause'; backfill?: boolean }) =>
      call('POST', `/api/projects/${project}/batch_exports/${batchExport.id}/${verb}/`, verb === 'unpause' ? { backfill: backfill ?? false } : undefined),
    onSuccess: (_, { verb, backfill }) =>
      toast(verb === 'pause' ? 'Paused: nothing new starts, what runs goes on.' : backfill ? 'Active again; what was missed is exported by a backfill.' : 'Active again.'),
    onError: (error) => toast(error.message, 'bad'),
    onSettled: () => void queries.invalidateQueries(),
  });
}
