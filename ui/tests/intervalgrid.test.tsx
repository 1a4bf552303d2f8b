import { createRootRoute, createRouter, RouterContextProvider } from '@tanstack/react-router';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Interval } from '../src/api/client';
import { IntervalGrid } from '../src/exports/IntervalGrid';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const HOUR = 3_600_000;
const FIRST = Date.parse('2026-03-01T22:00:00Z');
const intervals = Array.from({ length: 4 }, (_, index) => ({
  data_interval_start: new Date(FIRST + index * HOUR).toISOString(),
  data_interval_end: new Date(FIRST + (index + 1) * HOUR).toISOString(),
  state: 'completed',
  run_id: null,
  rows: 1,
  rows_late: 0,
}) as Interval);

describe('the grid of intervals', () => {
  let host: HTMLElement;
  beforeEach(() => {
    host = document.body.appendChild(document.createElement('div'));
  });
  afterEach(() => host.remove());

  it('marks an interval whose rows became visible late by more than a colour, and names the mark', async () => {
    const grid = { interval: 'hour', timezone: 'UTC', offsetHour: 0, offsetDay: 0 };
    const late = intervals.map((interval, index) => ({ ...interval, rows_late: index === 2 ? 3 : 0 }));
    await act(async () => {
      createRoot(host).render(
        <RouterContextProvider router={createRouter({ routeTree: createRootRoute() })}>
          <IntervalGrid project={1} exportId="e" grid={grid} intervals={late} retrying={new Set()} blocked={false} onBackfill={() => undefined} />
        </RouterContextProvider>,
      );
    });
    const marked = [...host.querySelectorAll('[data-start]')].filter((cell) => cell.querySelector('svg'));
    expect(marked.map((cell) => cell.getAttribute('data-start'))).toEqual([late[2]!.data_interval_start]);
    expect(marked[0]!.getAttribute('aria-label')).toContain('3 rows became visible late');
    expect(host.querySelector('.legend')!.textContent).toContain('Rows came late');
  });

  it('gives each key to the cell that the key before it chose, however fast they come', async () => {
    const grid = { interval: 'hour', timezone: 'UTC', offsetHour: 0, offsetDay: 0 };
    await act(async () => {
      createRoot(host).render(
        <RouterContextProvider router={createRouter({ routeTree: createRootRoute() })}>
          <IntervalGrid project={1} exportId="e" grid={grid} intervals={intervals} retrying={new Set()} blocked={false} onBackfill={() => undefined} />
        </RouterContextProvider>,
      );
    });
    await act(async () => {
      host.querySelector<HTMLElement>(`[data-start="${intervals[3]!.data_interval_start}"]`)!.focus();
    });
    await act(async () => {
      for (let press = 0; press < 2; press++) {
        document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', shiftKey: true, bubbles: true }));
      }
    });
    expect(host.textContent).toContain('3 intervals chosen');
    expect(document.activeElement?.getAttribute('data-start')).toBe(intervals[1]!.data_interval_start);
  });
});
