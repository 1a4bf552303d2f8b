import { describe, expect, it } from 'vitest';
import { ceiling, countWithin, floor, instantOf, next, previous, upcoming } from '../src/time/grid';
import type { Grid } from '../src/time/grid';

const at = (text: string) => Date.parse(text);
const iso = (time: number) => new Date(time).toISOString();
const grid = (interval: string, timezone = 'UTC', offsetHour = 0, offsetDay = 0): Grid => ({ interval, timezone, offsetHour, offsetDay });

function boundaries(of: Grid, from: string, to: string): string[] {
  const found: string[] = [];
  for (let time = ceiling(of, at(from)); time <= at(to); time = next(of, time)) {
    found.push(iso(time));
  }
  return found;
}

describe('the grid of intervals', () => {
  it('aligns hours and minutes to the epoch', () => {
    expect(iso(floor(grid('hour'), at('2026-11-23T10:59:59.999Z')))).toBe('2026-11-23T10:00:00.000Z');
    expect(iso(floor(grid('every 15 minutes'), at('2026-11-23T10:44:59Z')))).toBe('2026-11-23T10:30:00.000Z');
    expect(iso(next(grid('every 10 seconds'), at('2026-11-23T10:00:00Z')))).toBe('2026-11-23T10:00:10.000Z');
  });

  it('has a day of 23 hours when clocks spring forward and one of 25 when they fall back', () => {
    const berlin = grid('day', 'Europe/Berlin');
    const spring = at('2026-03-29T12:00:00Z');
    const autumn = at('2026-10-25T12:00:00Z');
    expect(next(berlin, spring) - floor(berlin, spring)).toBe(23 * 3_600_000);
    expect(next(berlin, autumn) - floor(berlin, autumn)).toBe(25 * 3_600_000);
  });

  it('takes the first instant after a skipped hour, and the first of an hour that comes twice', () => {
    expect(boundaries(grid('day', 'Europe/Berlin', 2), '2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-28T01:00:00.000Z',
      '2026-03-29T01:00:00.000Z', // 02:00 does not exist: 03:00 summer time
      '2026-03-30T00:00:00.000Z',
    ]);
    expect(boundaries(grid('day', 'Europe/Berlin', 2), '2026-10-24T00:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '2026-10-24T00:00:00.000Z',
      '2026-10-25T00:00:00.000Z', // 02:00 comes twice: the first
      '2026-10-26T01:00:00.000Z',
    ]);
  });

  it('begins weeks on their day by the clocks of the zone', () => {
    const monday = grid('week', 'America/New_York', 6, 1);
    expect(boundaries(monday, '2026-10-20T00:00:00Z', '2026-11-10T00:00:00Z')).toEqual([
      '2026-10-26T10:00:00.000Z',
      '2026-11-02T11:00:00.000Z', // winter time since the day before
      '2026-11-09T11:00:00.000Z',
    ]);
    const sunday = grid('week');
    expect(iso(floor(sunday, at('2026-11-25T10:00:00Z')))).toBe('2026-11-22T00:00:00.000Z');
  });

  it.each(['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Pacific/Apia', 'America/Nuuk', 'Australia/Lord_Howe'])(
    'tiles two years of %s without gap or overlap',
    (zone) => {
      for (const [interval, hour, day] of [['day', 0, 0], ['day', 2, 0], ['day', 23, 0], ['week', 3, 4]] as const) {
        const of = grid(interval, zone, hour, day);
        let time = floor(of, at('2025-01-10T00:00:00Z'));
        while (time < at('2027-01-01T00:00:00Z')) {
          const end = next(of, time);
          expect(end).toBeGreaterThan(time);
          expect(floor(of, time)).toBe(time);
          expect(floor(of, end - 1)).toBe(time);
          expect(previous(of, end)).toBe(time);
          time = end;
        }
      }
    },
  );

  it('previews the intervals that run next, cut at the end date', () => {
    const now = at('2026-11-23T10:20:00Z');
    expect(upcoming(grid('hour'), now, 2).map((span) => [iso(span.start), iso(span.end)])).toEqual([
      ['2026-11-23T10:00:00.000Z', '2026-11-23T11:00:00.000Z'],
      ['2026-11-23T11:00:00.000Z', '2026-11-23T12:00:00.000Z'],
    ]);
    expect(upcoming(grid('hour'), now, 5, at('2026-11-23T12:30:00Z'), at('2026-11-23T14:30:00Z')).map((span) => iso(span.end))).toEqual([
      '2026-11-23T14:00:00.000Z',
      '2026-11-23T14:30:00.000Z',
    ]);
  });

  it('counts whole intervals', () => {
    expect(countWithin(grid('hour'), at('2026-11-21T00:00:00Z'), at('2026-11-23T00:00:00Z'))).toBe(48);
    expect(countWithin(grid('day', 'Europe/Berlin'), at('2026-10-24T22:00:00Z'), at('2026-10-26T23:00:00Z'))).toBe(2);
  });

  it('finds the instant of a wall clock', () => {
    expect(iso(instantOf(2026, 7, 1, 9, 'Europe/Berlin'))).toBe('2026-07-01T07:00:00.000Z');
    expect(iso(instantOf(2026, 1, 1, 9, 'Asia/Kathmandu', 30))).toBe('2026-01-01T03:45:00.000Z');
  });
});
