import type { BatchExport } from '../api/client';
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

/** What a file for `bx apply -f` would hold: what can be set, secrets left out. */
export function writable(export_: BatchExport): Settings {
  const kept = [
    'name', 'model', 'destination', 'interval', 'timezone', 'offset_hour', 'offset_day', 'filters', 'include_events',
    'exclude_events', 'paused', 'start_at', 'end_at', 'rerun_mode', 'late_rows', 'settle_seconds', 'give_up_after_seconds',
  ];
  const settings: Settings = {};
  for (const key of kept) {
    const value = (export_ as unknown as Settings)[key];
    if (value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)) {
      settings[key] = value;
    }
  }
  return settings;
}

/** YAML of plain data: enough of it for settings. */
export function yaml(value: unknown, depth = 0): string {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value)) {
    return value
      .map((item) => (isNested(item) ? `${pad}- ${yaml(item, depth + 1).trimStart()}` : `${pad}- ${scalar(item)}\n`))
      .join('');
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, item]) =>
        isNested(item) ? `${pad}${key}:\n${yaml(item, depth + 1)}` : `${pad}${key}: ${scalar(item)}\n`,
      )
      .join('');
  }
  return `${pad}${scalar(value)}\n`;
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function scalar(value: unknown): string {
  if (typeof value === 'string') {
    // What YAML would read as something else, or not at all, is quoted as JSON, which is YAML.
    const plain = /^[A-Za-z/][\w ./@+-]*$/.test(value) && !/^(true|false|yes|no|on|off|null|~)$/i.test(value) && !/\s$/.test(value);
    return plain ? value : JSON.stringify(value);
  }
  return Array.isArray(value) ? '[]' : value !== null && typeof value === 'object' ? '{}' : String(value);
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
