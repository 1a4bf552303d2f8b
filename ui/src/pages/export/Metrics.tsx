import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { metricsQuery } from '../../api/queries';
import { useZone } from '../../app/zone';
import { bytes, compact, duration } from '../../time/format';
import { typicalLength } from '../../time/grid';
import { Empty, Failure, Loading, Panel, Segments } from '../../ui/kit';
import type { TabProps } from './Export';

const Chart = lazy(() => import('../../ui/Chart'));
const DAY = 86_400_000;
/** Seconds that people count in. */
const DURATIONS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000];
const seconds = (value: number) => duration(value * 1000);

export function MetricsTab({ project, batchExport }: TabProps) {
  const { zone } = useZone();
  const navigate = useNavigate();
  const { days = 14 } = useSearch({ from: '/shell/projects/$projectId/exports/$exportId/{-$tab}' });
  const start = new Date(Math.floor(Date.now() / 60_000) * 60_000 - days * DAY).toISOString();
  const metrics = useQuery(metricsQuery(project, batchExport.id, start));
  const points = metrics.data?.results ?? [];
  const times = points.map((metric) => Date.parse(metric.data_interval_start) / 1000);
  const gap = (typicalLength(batchExport.interval) / 1000) * 1.6;
  const chart = (title: string, values: number[], format: (value: number) => string, tone: string) => (
    <Panel title={title}>
      <Suspense fallback={<div className="chart" />}>
        <Chart title={title} times={times} values={values} gap={gap} format={format} tone={tone} zone={zone} steps={format === seconds ? DURATIONS : undefined} />
      </Suspense>
    </Panel>
  );
  return (
    <>
      <div className="row apart wrap">
        <span className="muted">Of the latest completed run of each interval; times in {zone}.</span>
        <Segments
          label="Range"
          value={String(days)}
          options={[{ value: '1', label: '24 h' }, { value: '7', label: '7 days' }, { value: '14', label: '14 days' }, { value: '90', label: '90 days' }]}
          onChange={(next) => void navigate({ to: '/projects/$projectId/exports/$exportId/{-$tab}', params: { projectId: String(project), exportId: batchExport.id, tab: 'metrics' }, search: { days: Number(next) }, replace: true })}
        />
      </div>
      {metrics.isPending && <Loading what="metrics" />}
      {metrics.isError && !metrics.data && <Failure what="The metrics" error={metrics.error} onRetry={() => void metrics.refetch()} />}
      {metrics.data && points.length === 0 && (
        <div className="panel"><Empty title="No completed run in this range">Choose a longer range, or wait for the first run.</Empty></div>
      )}
      {points.length > 0 && (
        <div className="charts">
          {chart('Rows per interval', points.map((metric) => metric.rows), compact, '--run')}
          {chart('Bytes per interval', points.map((metric) => metric.bytes), bytes, '--ok')}
          {chart('Run duration', points.map((metric) => metric.duration_seconds), seconds, '--warn')}
          {chart('Delay from the end of the interval to the end of the run', points.map((metric) => metric.lag_seconds), seconds, '--accent')}
        </div>
      )}
    </>
  );
}
