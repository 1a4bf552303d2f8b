import { schedule } from '../time/format';
import type { Grid } from '../time/grid';

export type Settings = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Where an export writes to, in one line: an address without credentials. */
export function location(type: string, config: Settings): string {
  if (type === 'S3') {
    const prefix = text(config['prefix']).replace(/^\/+|\/+$/g, '');
    return `s3://${text(config['bucket_name'])}/${prefix ? `${prefix}/` : ''}`;
  }
  const parts = [config['host'] ?? config['account'], config['database'], config['schema'], config['table_name']];
  return parts.map(text).filter(Boolean).join('.') || type;
}

/** Parquet, zstd */
export function format(config: Settings): string {
  const compression = text(config['compression']);
  return [text(config['file_format']), compression === 'none' ? '' : compression].filter(Boolean).join(', ');
}

export function modelName(model: unknown): string {
  if (typeof model === 'string') {
    return model;
  }
  const form = (model ?? {}) as Settings;
  return text(form['name']) || text(form['table']) || 'query';
}

interface Scheduled {
  interval: string;
  timezone: string;
  offset_hour: number | null;
  offset_day: number | null;
}

export function gridOf(scheduled: Scheduled): Grid {
  return {
    interval: scheduled.interval,
    timezone: scheduled.timezone,
    offsetHour: scheduled.offset_hour ?? 0,
    offsetDay: scheduled.offset_day ?? 0,
  };
}

export function scheduleOf(scheduled: Scheduled): string {
  return schedule(scheduled.interval, scheduled.timezone, scheduled.offset_hour, scheduled.offset_day);
}

/** A word of a shell command. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function backfillCommand(name: string, start: string | null, end: string, scope: string, concurrency: number): string {
  const parts = ['bx backfill create', quoted(name)];
  if (start) {
    parts.push('--start', start);
  }
  parts.push('--end', end, '--scope', scope, '--concurrency', String(concurrency));
  return parts.join(' ');
}

/** The folder that all keys have in common; empty when there is none. */
export function commonFolder(keys: string[]): string {
  const folders = keys.map((key) => key.slice(0, key.lastIndexOf('/') + 1));
  return folders.every((folder) => folder === folders[0]) ? (folders[0] ?? '') : '';
}

/** The manifest beside files that are called by their interval, as object stores have them; null where rows went into a table. */
export function manifestOf(keys: string[]): string | null {
  const interval = /^(.*\d{4}-\d\d-\d\dT[\d:.]+Z-\d{4}-\d\d-\d\dT[\d:.]+Z)(-\d+)?\.[^/]+$/.exec(keys[0] ?? '');
  return interval ? `${interval[1]}_manifest.json` : null;
}
