import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { runsQuery, UNDER_WAY } from '../../api/queries';
import { RunsTable } from '../../exports/RunsTable';
import { count } from '../../time/format';
import { Button, Empty, Failure, Loading, Panel, Segments } from '../../ui/kit';
import type { TabProps } from './Export';

const STATUSES: Record<string, string[]> = {
  all: [],
  active: UNDER_WAY,
  completed: ['Completed'],
  failed: ['Failed', 'Terminated', 'TimedOut'],
  cancelled: ['Cancelled'],
};

export function RunsTab({ project, batchExport }: TabProps) {
  const { show = 'all', backfill } = useSearch({ from: '/shell/projects/$projectId/exports/$exportId/{-$tab}' });
  const navigate = useNavigate();
  const runs = useInfiniteQuery(runsQuery(project, batchExport.id, { status: STATUSES[show] ?? [], backfill: backfill === 'new' ? undefined : backfill }));
  const all = useMemo(() => runs.data?.pages.flatMap((page) => page.results) ?? [], [runs.data]);
  const go = (search: { show?: string; backfill?: string }) =>
    void navigate({
      to: '/projects/$projectId/exports/$exportId/{-$tab}',
      params: { projectId: String(project), exportId: batchExport.id, tab: 'runs' },
      search,
      replace: true,
    });
  return (
    <Panel
      flush
      title={`Runs${all.length ? ` · ${count(all.length)}${runs.hasNextPage ? ' and more' : ''}` : ''}`}
      actions={
        <>
          {backfill && <Button size="small" icon="cross" onClick={() => go({ show })}>Of one backfill</Button>}
          <Segments
            label="Show runs"
            value={show}
            onChange={(next) => go({ show: next === 'all' ? undefined : next, backfill })}
            options={[
              { value: 'all', label: 'All' },
              { value: 'active', label: 'Under way' },
              { value: 'completed', label: 'Completed' },
              { value: 'failed', label: 'Failed' },
              { value: 'cancelled', label: 'Cancelled' },
            ]}
          />
        </>
      }
    >
      {runs.isPending && <Loading what="runs" />}
      {runs.isError && !runs.data && <Failure what="The runs" error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.data && all.length === 0 && (
        <Empty title={show === 'all' ? 'No run yet' : 'No such run'}>{show === 'all' ? 'The first interval runs once it has ended.' : 'Choose another state above.'}</Empty>
      )}
      {all.length > 0 && (
        <RunsTable project={project} batchExport={batchExport} runs={all} height={18} hasMore={runs.hasNextPage && !runs.isFetchingNextPage} onMore={() => void runs.fetchNextPage()} />
      )}
    </Panel>
  );
}
