import type { Interval } from '../api/client';
import { clock, date, shortDate } from '../time/format';
import { fixedLength, wallClock } from '../time/grid';
import type { Grid } from '../time/grid';

const HOUR = 3_600_000;

/** Where intervals stand in the grid: one row for each hour, day, month or year, newest row first. */
export interface GridLayout {
  columns: number;
  /** By column; empty where there is no room for a label. */
  axis: string[];
  rows: { key: string; label: string; cells: (Interval | null)[] }[];
}

export function layout(intervals: Interval[], grid: Grid, zone: string): GridLayout {
  const length = fixedLength(grid.interval);
  const place = placing(length, grid, zone);
  const rows = new Map<string, { key: string; label: string; cells: (Interval | null)[] }>();
  let columns = place.columns;
  for (const interval of intervals) {
    const start = Date.parse(interval.data_interval_start);
    const { row, label, column } = place.at(start);
    let found = rows.get(row);
    if (!found) {
      found = { key: row, label, cells: [] };
      rows.set(row, found);
    }
    // The hour that comes twice when clocks change, and an interval that an end cut short, take the next free place.
    let at = column;
    while (found.cells[at]) {
      at++;
    }
    found.cells[at] = interval;
    columns = Math.max(columns, at + 1);
  }
  const axis = Array.from({ length: columns }, (_, column) => place.label(column));
  return {
    columns,
    axis,
    rows: [...rows.values()].reverse().map((row) => ({ ...row, cells: Array.from({ length: columns }, (_, column) => row.cells[column] ?? null) })),
  };
}

interface Placing {
  columns: number;
  at: (time: number) => { row: string; label: string; column: number };
  label: (column: number) => string;
}

function placing(length: number | null, grid: Grid, zone: string): Placing {
  if (length === HOUR) {
    return {
      columns: 24,
      at: (time) => {
        const day = date(time, zone);
        return { row: `${day}/${wallClock(time, zone).year}`, label: day, column: wallClock(time, zone).hour };
      },
      label: (hour) => (hour % 3 === 0 && hour < 24 ? String(hour).padStart(2, '0') : ''),
    };
  }
  if (length !== null) {
    const row = length < 60_000 ? 30 * length : HOUR;
    const columns = row / length;
    return {
      columns,
      at: (time) => {
        const from = Math.floor(time / row) * row;
        return { row: String(from), label: `${shortDate(from, zone)} ${clock(from, zone)}`, column: Math.floor((time - from) / length) };
      },
      label: (column) => (length >= 60_000 ? `:${String((column * length) / 60_000).padStart(2, '0')}` : column % 5 === 0 ? `+${(column * length) / 1000} s` : ''),
    };
  }
  if (grid.interval === 'day') {
    return {
      columns: 31,
      at: (time) => {
        const wall = wallClock(time, grid.timezone);
        const month = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: grid.timezone }).format(time);
        return { row: month, label: month, column: wall.day - 1 };
      },
      label: (column) => (column === 0 || (column + 1) % 5 === 0 ? String(column + 1) : ''),
    };
  }
  return {
    columns: 53,
    at: (time) => {
      const wall = wallClock(time, grid.timezone);
      const days = (Date.UTC(wall.year, wall.month - 1, wall.day) - Date.UTC(wall.year, 0, 1)) / (24 * HOUR);
      return { row: String(wall.year), label: String(wall.year), column: Math.floor(days / 7) };
    },
    label: (column) => (column % 4 === 0 ? `W${column + 1}` : ''),
  };
}

export interface Problem {
  code: string;
  message: string;
  fix: string;
  first: number;
  last: number;
  intervals: number;
}
