import { describe, expect, it } from 'vitest';
import { bytes, compact, duration, interval, moment, percent, roughly, schedule, zoneName } from '../src/time/format';

const at = (text: string) => Date.parse(text);
const year = new Date().getUTCFullYear();

describe('formats', () => {
  it('shortens numbers to three digits', () => {
    expect([0, 9_999, 18_400, 184_000, 999_600, 48_234_567, 2_400_000_000].map(compact)).toEqual(['0', '9,999', '18.4k', '184k', '1.00M', '48.2M', '2.40B']);
  });

  it('shows bytes in decimal units', () => {
    expect([0, 999, 1_000, 31_400_000, 7_900_000_000].map(bytes)).toEqual(['0 B', '999 B', '1.00 kB', '31.4 MB', '7.90 GB']);
  });

  it('shows durations by their two greatest units', () => {
    expect([400, 9_940, 38_000, 59_900, 78_000, 3_600_000, 7_500_000, 90_000_000].map(duration)).toEqual(['0.4 s', '9.9 s', '38 s', '1 m', '1 m 18 s', '1 h', '2 h 5 m', '1 d 1 h']);
    expect([30_000, 720_000, 5_400_000, 259_200_000].map(roughly)).toEqual(['30 s', '12 min', '2 h', '3 d']);
  });

  it('never shows a time without its zone', () => {
    const start = at(`${year}-07-14T08:00:00Z`);
    expect(moment(start, 'UTC')).toMatch(/14 Jul, 08:00 UTC$/);
    expect(moment(start, 'Europe/Berlin')).toMatch(/14 Jul, 10:00 CEST$/);
    expect(interval(start, start + 3_600_000, 'UTC')).toMatch(/14 Jul, 08:00 → 09:00 UTC$/);
    expect(interval(at(`${year}-07-14T00:00:00Z`), at(`${year}-07-15T00:00:00Z`), 'UTC')).toMatch(/14 Jul UTC$/);
    expect(interval(at(`${year}-07-14T23:00:00Z`), at(`${year}-07-15T00:30:00Z`), 'UTC')).toMatch(/14 Jul, 23:00 → \w+ 15 Jul, 00:30 UTC$/);
    expect(zoneName(start, 'Asia/Kathmandu')).toBe('GMT+5:45');
  });

  it('names both zones of an interval within which clocks change', () => {
    expect(interval(at('2026-10-25T00:00:00Z'), at('2026-10-25T01:00:00Z'), 'Europe/Berlin')).toContain('02:00 CEST → 02:00 CET');
  });

  it('says schedules in words', () => {
    expect(schedule('hour', 'UTC', null, null)).toBe('Hourly at :00 UTC');
    expect(schedule('day', 'Europe/Berlin', 2, null)).toBe('Daily at 02:00 Europe/Berlin');
    expect(schedule('week', 'UTC', 6, 1)).toBe('Mondays at 06:00 UTC');
    expect(schedule('every 5 minutes', 'UTC', null, null)).toBe('Every 5 min');
  });

  it('never rounds a gap away', () => {
    expect(percent(1, 1)).toBe('100%');
    expect(percent(99_999, 100_000)).toBe('99.99%');
    expect(percent(0, 0)).toBe('—');
  });
});
