import { useNavigate } from '@tanstack/react-router';
import { Fragment, useEffect, useMemo, useRef, useState } from 'react';
import type { Interval } from '../api/client';
import { useZone } from '../app/zone';
import { count, interval as showInterval, plural } from '../time/format';
import type { Grid } from '../time/grid';
import { Icon } from '../ui/icons';
import { Button } from '../ui/kit';
import { STATE_TEXT } from '../ui/state';
import { layout } from './layout';

interface Props {
  project: number;
  exportId: string;
  grid: Grid;
  intervals: Interval[];
  /** Runs that wait for their next attempt. */
  retrying: ReadonlySet<string>;
  blocked: string | false;
  onBackfill: (start: string, end: string) => void;
}

/** Day by hour: drag, or Shift and the arrows, selects a range; Enter opens the run. */
export function IntervalGrid({ project, exportId, grid, intervals, retrying, blocked, onBackfill }: Props) {
  const { zone } = useZone();
  const navigate = useNavigate();
  const shownZone = grid.interval === 'day' || grid.interval === 'week' ? grid.timezone : zone;
  const shape = useMemo(() => layout(intervals, grid, shownZone), [intervals, grid, shownZone]);
  const order = useMemo(() => new Map(intervals.map((interval, index) => [interval.data_interval_start, index])), [intervals]);
  const [focused, setFocused] = useState<string | null>(null);
  const [range, setRange] = useState<{ from: string; to: string } | null>(null);
  const dragging = useRef(false);
  const moved = useRef(false);
  const root = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const stop = () => {
      dragging.current = false;
    };
    addEventListener('pointerup', stop);
    return () => removeEventListener('pointerup', stop);
  }, []);

  const current = focused !== null && order.has(focused) ? focused : (intervals.at(-1)?.data_interval_start ?? null);
  const indexOf = (start: string) => order.get(start) ?? 0;
  const bounds = range && order.has(range.from) && order.has(range.to)
    ? ([indexOf(range.from), indexOf(range.to)].sort((one, other) => one - other) as [number, number])
    : null;
  const chosen = bounds ? intervals.slice(bounds[0], bounds[1] + 1) : [];

  const open = (interval: Interval) => {
    if (interval.run_id) {
      void navigate({
        to: '/projects/$projectId/exports/$exportId/runs/$runId',
        params: { projectId: String(project), exportId, runId: interval.run_id },
      });
    } else {
      setRange({ from: interval.data_interval_start, to: interval.data_interval_start });
    }
  };

  /** At once: the next key may come before the next frame, and belongs to the new cell. */
  const focus = (start: string) => root.current?.querySelector<HTMLElement>(`[data-start="${start}"]`)?.focus();

  const keys = (event: React.KeyboardEvent, interval: Interval, row: number, column: number) => {
    const vertical = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    const horizontal = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      open(interval);
    } else if (event.key === 'Escape') {
      setRange(null);
    } else if (vertical || horizontal) {
      event.preventDefault();
      const next = horizontal
        ? intervals[indexOf(interval.data_interval_start) + horizontal]
        : (shape.rows[row + vertical]?.cells[column] ?? undefined);
      if (next) {
        if (event.shiftKey) {
          setRange((now) => ({ from: now?.from ?? interval.data_interval_start, to: next.data_interval_start }));
        } else {
          setRange(null);
        }
        focus(next.data_interval_start);
      }
    } else if (event.key === 'Home' || event.key === 'End') {
      event.preventDefault();
      const cells = shape.rows[row]!.cells.filter((cell): cell is Interval => cell !== null);
      const next = event.key === 'Home' ? cells[0] : cells.at(-1);
      if (next) {
        focus(next.data_interval_start);
      }
    }
  };

  return (
    <div className="stack">
      <div
        className="igrid"
        role="grid"
        aria-label="Intervals"
        aria-rowcount={shape.rows.length}
        ref={root}
        style={{ gridTemplateColumns: `max-content repeat(${shape.columns}, minmax(0, 1fr))`, columnGap: shape.columns > 40 ? 2 : 3 }}
      >
        <span className="axis" aria-hidden="true">{grid.interval === 'day' || grid.interval === 'week' ? '' : shownZone}</span>
        {shape.axis.map((label, column) => <span key={column} className="axis" aria-hidden="true">{label}</span>)}
        {shape.rows.map((row, rowIndex) => (
          <Fragment key={row.key}>
            <span className="axis" style={{ paddingRight: 8 }} aria-hidden="true">{row.label}</span>
            <div role="row" style={{ display: 'contents' }} aria-label={row.label}>
              {row.cells.map((interval, column) => {
                if (!interval) {
                  return <span key={column} className="cell future" role="gridcell" aria-label="No interval" />;
                }
                const start = interval.data_interval_start;
                const index = indexOf(start);
                const state = interval.run_id && retrying.has(interval.run_id) ? 'retrying' : interval.state;
                const late = state === 'completed' && interval.rows_late > 0;
                const label = `${showInterval(Date.parse(start), Date.parse(interval.data_interval_end), shownZone)}: ${state === 'retrying' ? 'Retrying' : STATE_TEXT[interval.state]}${interval.rows === null ? '' : `, ${count(interval.rows)} rows`}${late ? `, ${plural(interval.rows_late, 'row')} became visible late` : ''}`;
                return (
                  <span
                    key={start}
                    role="gridcell"
                    className={`cell ${state} ${late ? 'late' : ''} ${bounds && index >= bounds[0] && index <= bounds[1] ? 'chosen' : ''}`}
                    data-start={start}
                    aria-label={label}
                    aria-selected={bounds ? index >= bounds[0] && index <= bounds[1] : undefined}
                    title={label}
                    tabIndex={start === current ? 0 : -1}
                    onFocus={() => setFocused(start)}
                    onKeyDown={(event) => keys(event, interval, rowIndex, column)}
                    onPointerDown={(event) => {
                      if (event.button === 0) {
                        dragging.current = true;
                        moved.current = false;
                        setRange((now) => (event.shiftKey && now ? { ...now, to: start } : { from: start, to: start }));
                      }
                    }}
                    onPointerEnter={() => {
                      if (dragging.current) {
                        moved.current = true;
                        setRange((now) => now && { ...now, to: start });
                      }
                    }}
                    onClick={(event) => {
                      if (!moved.current && !event.shiftKey) {
                        open(interval);
                      }
                    }}
                  >
                    {state === 'failed' && <Icon name="cross" />}
                    {state === 'retrying' && <Icon name="retry" />}
                    {late && <Icon name="clock" />}
                  </span>
                );
              })}
            </div>
          </Fragment>
        ))}
      </div>
      {chosen.length > 0 && (
        <div className="chosen-bar" role="status">
          <span className="grow">
            {plural(chosen.length, 'interval')} chosen: {showInterval(Date.parse(chosen[0]!.data_interval_start), Date.parse(chosen.at(-1)!.data_interval_end), shownZone)}
          </span>
          <Button
            size="small"
            kind="primary"
            icon="history"
            blocked={blocked || (chosen.every((interval) => interval.state === 'upcoming') && 'They have not ended yet.')}
            onClick={() => onBackfill(chosen[0]!.data_interval_start, chosen.filter((interval) => interval.state !== 'upcoming').at(-1)!.data_interval_end)}
          >
            Backfill these
          </Button>
          <Button size="small" onClick={() => setRange(null)}>Clear</Button>
        </div>
      )}
      <div className="legend">
        {(['completed', 'running', 'retrying', 'failed', 'missing', 'skipped', 'upcoming'] as const).map((state) => (
          <span key={state} className="row" style={{ gap: 0 }}>
            <i className={`cell ${state}`} aria-hidden="true" />
            {state === 'retrying' ? 'Retrying' : STATE_TEXT[state]}
          </span>
        ))}
        <span className="row" style={{ gap: 0 }}>
          <i className="cell completed late" aria-hidden="true"><Icon name="clock" /></i>
          Rows came late
        </span>
        <span className="grow" />
        <span>Drag or <kbd>⇧</kbd> + arrows to select · <kbd>↵</kbd> open</span>
      </div>
    </div>
  );
}
