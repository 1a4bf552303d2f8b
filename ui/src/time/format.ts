/** Numbers and times as people read them. A time never stands without its zone. */

const whole = new Intl.NumberFormat('en-US');
const THIN = ' ';

export function count(value: number): string {
  return whole.format(value);
}

function threeDigits(value: number): string {
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(digits);
}

/** 48.2M, 184k: three digits are enough to compare. */
export function compact(value: number): string {
  if (value < 10_000) {
    return count(value);
  }
  for (const [unit, name] of [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (value >= unit * 0.9995) {
      return threeDigits(value / unit) + name;
    }
  }
  return count(value);
}

/** Decimal units, as stores bill them. */
export function bytes(value: number): string {
  if (value < 1000) {
    return `${count(value)} B`;
  }
  for (const [unit, name] of [[1e15, 'PB'], [1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']] as const) {
    if (value >= unit * 0.9995) {
      return `${threeDigits(value / unit)}${THIN}${name}`;
    }
  }
  return `${count(value)} B`;
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** 0.4 s, 38 s, 1 m 18 s, 2 h 5 m, 3 d 4 h. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const total = Math.round(seconds);
  if (total < 60) {
    return `${total} s`;
  }
  if (total < 3600) {
    return pair(Math.floor(total / 60), 'm', total % 60, 's');
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) {
    return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
  }
  const hours = Math.round(seconds / 3600);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function pair(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first} ${firstUnit}` : `${first} ${firstUnit} ${second} ${secondUnit}`;
}

/** How long something is away, coarsely: 12 min, 3 h, 2 d. */
export function roughly(milliseconds: number): string {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

export function ago(time: number, now: number): string {
  return now - time < 1500 ? 'just now' : `${roughly(now - time)} ago`;
}

export function until(time: number, now: number): string {
  return time <= now ? 'now' : `in ${roughly(time - now)}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatted(time: number, zone: string, options: Intl.DateTimeFormatOptions): string {
  const key = zone + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone, hourCycle: 'h23' });
    formats.set(key, format);
  }
  return format.format(time);
}

/** CET, EST, UTC; where there is no short name, the offset. */
export function zoneName(time: number, zone: string): string {
  if (zone === 'UTC' || zone === 'Etc/UTC') {
    return 'UTC';
  }
  const key = `${zone}/name`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' });
    formats.set(key, format);
  }
  return format.formatToParts(time).find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

export function clock(time: number, zone: string, seconds = false): string {
  return formatted(time, zone, { hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) });
}

export function preciseClock(time: number, zone: string): string {
  return `${clock(time, zone, true)}.${String(new Date(time).getUTCMilliseconds()).padStart(3, '0')}`;
}

/** Mon 23 Nov; with the year when it is not the present one. */
export function date(time: number, zone: string, now = Date.now()): string {
  const year = formatted(time, zone, { year: 'numeric' });
  const day = formatted(time, zone, { weekday: 'short', day: 'numeric', month: 'short' }).replace(',', '');
  return year === formatted(now, zone, { year: 'numeric' }) ? day : `${day} ${year}`;
}

export function shortDate(time: number, zone: string): string {
  return formatted(time, zone, { day: 'numeric', month: 'short' });
}

export function monthYear(time: number, zone: string): string {
  return formatted(time, zone, { month: 'short', year: 'numeric' });
}

/** 2026-11-23, as date inputs hold it. */
export function isoDate(time: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(time);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/** Mon 23 Nov, 08:00 UTC */
export function moment(time: number, zone: string, seconds = false): string {
  return `${date(time, zone)}, ${clock(time, zone, seconds)} ${zoneName(time, zone)}`;
}

function isMidnight(time: number, zone: string): boolean {
  return clock(time, zone, true) === '00:00:00';
}

/** Mon 23 Nov, 08:00 → 09:00 UTC; whole days and weeks by their dates. */
export function interval(start: number, end: number, zone: string): string {
  const name = zoneName(start, zone);
  const short = end - start < 60_000 || start % 60_000 !== 0;
  if (isMidnight(start, zone) && isMidnight(end, zone) && end - start > 20 * 3_600_000) {
    const oneDay = end - start < 30 * 3_600_000;
    return oneDay ? `${date(start, zone)} ${name}` : `${date(start, zone)} → ${date(end, zone)} ${name}`;
  }
  if (date(start, zone) === date(end - 1, zone)) {
    const nameAtEnd = zoneName(end, zone);
    const first = name === nameAtEnd ? clock(start, zone, short) : `${clock(start, zone, short)} ${name}`;
    return `${date(start, zone)}, ${first} → ${clock(end, zone, short)} ${nameAtEnd}`;
  }
  return `${date(start, zone)}, ${clock(start, zone, short)} → ${date(end, zone)}, ${clock(end, zone, short)} ${zoneName(end, zone)}`;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export function weekday(day: number): string {
  return DAYS[day] ?? '';
}

/** Hourly, Daily at 02:00 Europe/Berlin, Every 5 min. */
export function schedule(interval: string, zone: string, offsetHour: number | null, offsetDay: number | null): string {
  const hour = `${String(offsetHour ?? 0).padStart(2, '0')}:00`;
  switch (interval) {
    case 'hour':
      return 'Hourly at :00 UTC';
    case 'day':
      return `Daily at ${hour} ${zone}`;
    case 'week':
      return `${weekday(offsetDay ?? 0)}s at ${hour} ${zone}`;
    default:
      return interval.replace('every', 'Every').replace('minutes', 'min').replace('seconds', 's');
  }
}

export function percent(part: number, total: number): string {
  if (total === 0) {
    return '—';
  }
  const value = (100 * part) / total;
  // Never round a gap away.
  return part < total && value > 99.99 ? '99.99%' : `${value.toFixed(value === 100 ? 0 : value > 99 ? 2 : 1)}%`;
}
