/**
 * The boundaries that cut time into the intervals of an export: the same arithmetic as the server's.
 * Hours and minutes are aligned to the epoch in UTC. Days and weeks begin at an hour of the zone's wall clock: where
 * clocks skip that hour the boundary is the first instant after the gap, where it comes twice, the first of the two.
 */
export interface Grid {
  interval: string;
  timezone: string;
  offsetHour: number;
  offsetDay: number;
}

export interface Span {
  start: number;
  end: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, found);
  }
  return found;
}

export function wallClock(time: number, zone: string): Wall {
  const wall: Record<string, number> = {};
  for (const part of format(zone).formatToParts(time)) {
    if (part.type !== 'literal') {
      wall[part.type] = Number(part.value);
    }
  }
  return wall as unknown as Wall;
}

/** Milliseconds by which a zone is ahead of UTC at a time. */
export function offsetAt(time: number, zone: string): number {
  if (zone === 'UTC') {
    return 0;
  }
  const wall = wallClock(time, zone);
  const local = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
  return local - Math.floor(time / 1000) * 1000;
}

/** The instant at which a zone's clocks show a time of a date; a day beyond the month's end counts on. */
export function instantOf(year: number, month: number, day: number, hour: number, zone: string, minute = 0): number {
  const local = Date.UTC(year, month - 1, day, hour, minute);
  const before = offsetAt(local - DAY, zone);
  const after = offsetAt(local + DAY, zone);
  const early = local - before;
  const late = local - after;
  if (before === after || offsetAt(early, zone) === before) {
    return early;
  }
  return offsetAt(late, zone) === after ? late : early;
}

/** Length of an interval that is always the same; null for days and weeks. */
export function fixedLength(interval: string): number | null {
  if (interval === 'hour') {
    return HOUR;
  }
  const every = /^every (\d+) (minutes|seconds)$/.exec(interval);
  return every ? Number(every[1]) * (every[2] === 'minutes' ? 60_000 : 1000) : null;
}

/** About how long an interval is, for choosing scales. */
export function typicalLength(interval: string): number {
  return fixedLength(interval) ?? (interval === 'week' ? 7 * DAY : DAY);
}

function boundaryOf(grid: Grid, date: Date): number {
  return instantOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), grid.offsetHour, grid.timezone);
}

/** The date, as midnight UTC, some days after the local date of a time; for weeks, on the week's first day. */
function dateAround(grid: Grid, time: number, days: number): Date {
  const wall = wallClock(time, grid.timezone);
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + days));
  if (grid.interval === 'week') {
    const back = (date.getUTCDay() - grid.offsetDay + 7) % 7;
    date.setUTCDate(date.getUTCDate() - back);
  }
  return date;
}

/** The last boundary at or before a time. */
export function floor(grid: Grid, time: number): number {
  const length = fixedLength(grid.interval);
  if (length !== null) {
    return Math.floor(time / length) * length;
  }
  const step = grid.interval === 'week' ? 7 : 1;
  const date = dateAround(grid, time, 1);
  while (boundaryOf(grid, date) > time) {
    date.setUTCDate(date.getUTCDate() - step);
  }
  return boundaryOf(grid, date);
}

/** The first boundary after a time. */
export function next(grid: Grid, time: number): number {
  const length = fixedLength(grid.interval);
  if (length !== null) {
    return Math.floor(time / length) * length + length;
  }
  const step = grid.interval === 'week' ? 7 : 1;
  const date = dateAround(grid, time, -1);
  while (boundaryOf(grid, date) <= time) {
    date.setUTCDate(date.getUTCDate() + step);
  }
  return boundaryOf(grid, date);
}

/** The first boundary at or after a time. */
export function ceiling(grid: Grid, time: number): number {
  const before = floor(grid, time);
  return before === time ? time : next(grid, before);
}

export function previous(grid: Grid, time: number): number {
  return floor(grid, time - 1);
}

/** The next intervals that a schedule exports, soonest first: each runs once it has ended. */
export function upcoming(
  grid: Grid,
  now: number,
  count: number,
  startAt: number | null = null,
  endAt: number | null = null,
): Span[] {
  const first = startAt === null ? floor(grid, now) : ceiling(grid, startAt);
  const spans: Span[] = [];
  let start = first > now ? first : previous(grid, next(grid, now));
  while (spans.length < count) {
    const end = next(grid, start);
    if (endAt !== null && endAt <= start) {
      break;
    }
    spans.push({ start, end: endAt !== null && endAt < end ? endAt : end });
    start = end;
  }
  return spans;
}

/** How many whole intervals lie within a range. */
export function countWithin(grid: Grid, start: number, end: number): number {
  const length = fixedLength(grid.interval);
  const from = ceiling(grid, start);
  if (length !== null) {
    return Math.max(0, Math.floor((end - from) / length));
  }
  let count = 0;
  for (let at = next(grid, from); at <= end; at = next(grid, at)) {
    count++;
  }
  return count;
}

export function knownZones(): string[] {
  const zones = Intl.supportedValuesOf('timeZone');
  return zones.includes('UTC') ? zones : ['UTC', ...zones];
}

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}
