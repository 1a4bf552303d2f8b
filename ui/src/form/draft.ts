import type { BatchExport, DestinationType } from '../api/client';
import { isoDate } from '../time/format';
import { instantOf } from '../time/grid';
import type { Grid } from '../time/grid';
import { fieldsOf, toChange, toConfig, toValues } from './schema';
import type { Schema, SchemaField, Values } from './schema';

/** An export as the form holds it: text, until the server reads it. */
export interface Draft {
  name: string;
  model: ModelDraft;
  type: string;
  /** By destination type, so that changing the type and coming back loses nothing. */
  config: Record<string, Values>;
  interval: string;
  timezone: string;
  offsetHour: number;
  offsetDay: number;
  /** Local dates and times of the time zone, as inputs hold them; empty for none. */
  startAt: string;
  endAt: string;
  filters: FilterDraft[];
  includeEvents: string;
  excludeEvents: string;
  rerunMode: string;
  lateRows: string;
  settleSeconds: string;
  giveUpAfterSeconds: string;
  pauseAfterFailures: string;
}

/** A condition on a property. */
export interface FilterDraft {
  key: string;
  operator: string;
  /** Several, for the operators that take any of them, one a line. */
  value: string;
  type: 'event' | 'person';
  /** The value that the server has, which is sent back as it is for as long as its text is not changed. */
  stored?: { text: string; value: unknown };
}

export const BUILT_IN = ['events', 'persons', 'sessions'];
export const OPERATORS = ['exact', 'is_not', 'icontains', 'not_icontains', 'regex', 'not_regex', 'is_set', 'is_not_set', 'gt', 'gte', 'lt', 'lte'];
/** Operators that a row meets by any one of several values. */
export const takesSeveral = (operator: string) => operator === 'exact' || operator === 'is_not';
export const hasNoValue = (operator: string) => operator === 'is_set' || operator === 'is_not_set';

export interface ModelDraft {
  kind: 'built-in' | 'table' | 'query';
  /** A built-in model's name. */
  word: string;
  name: string;
  table: string;
  query: string;
  landingTimeColumn: string;
  columns: string;
  primaryKey: string;
  versionKey: string;
}

export const EMPTY_MODEL: ModelDraft = {
  kind: 'built-in', word: 'events', name: '', table: '', query: '', landingTimeColumn: '', columns: '', primaryKey: '', versionKey: '',
};

export function emptyDraft(types: DestinationType[]): Draft {
  return {
    name: '',
    model: EMPTY_MODEL,
    type: types[0]?.type ?? '',
    config: {},
    interval: 'hour',
    timezone: 'UTC',
    offsetHour: 0,
    offsetDay: 0,
    startAt: '',
    endAt: '',
    filters: [],
    includeEvents: '',
    excludeEvents: '',
    rerunMode: 'append',
    lateRows: 'report',
    settleSeconds: '30',
    giveUpAfterSeconds: '86400',
    pauseAfterFailures: '10',
  };
}

export function draftOf(export_: BatchExport, types: DestinationType[]): Draft {
  const type = export_.destination.type;
  const zone = export_.timezone;
  return {
    name: export_.name,
    model: modelDraft(export_.model),
    type,
    config: { [type]: toValues(fieldsOfType(types, type), export_.destination.config) },
    interval: export_.interval,
    timezone: zone,
    offsetHour: export_.offset_hour ?? 0,
    offsetDay: export_.offset_day ?? 0,
    startAt: toLocal(export_.start_at, zone),
    endAt: toLocal(export_.end_at, zone),
    filters: (export_.filters as RawFilter[]).map(filterDraft),
    includeEvents: export_.include_events.join('\n'),
    excludeEvents: export_.exclude_events.join('\n'),
    rerunMode: export_.rerun_mode,
    lateRows: export_.late_rows,
    settleSeconds: String(export_.settle_seconds),
    giveUpAfterSeconds: String(export_.give_up_after_seconds),
    pauseAfterFailures: String(export_.pause_after_failures),
  };
}

function modelDraft(model: unknown): ModelDraft {
  if (typeof model === 'string') {
    return { ...EMPTY_MODEL, word: model };
  }
  const form = (model ?? {}) as Record<string, unknown>;
  const text = (key: string) => (typeof form[key] === 'string' ? (form[key] as string) : '');
  const columns = Array.isArray(form['columns']) ? (form['columns'] as (string | Record<string, string>)[]) : [];
  return {
    kind: form['query'] ? 'query' : 'table',
    word: 'events',
    name: text('name'),
    table: text('table'),
    query: text('query'),
    landingTimeColumn: text('landing_time_column'),
    columns: columns.map(columnLine).join('\n'),
    primaryKey: Array.isArray(form['primary_key']) ? form['primary_key'].join(', ') : '',
    versionKey: text('version_key'),
  };
}

export function fieldsOfType(types: DestinationType[], type: string): SchemaField[] {
  const found = types.find((candidate) => candidate.type === type);
  return found ? fieldsOf(found.config_schema as Schema) : [];
}

export function gridOfDraft(draft: Draft): Grid {
  const days = draft.interval === 'day' || draft.interval === 'week';
  return {
    interval: draft.interval,
    timezone: draft.timezone,
    offsetHour: days ? draft.offsetHour : 0,
    offsetDay: draft.interval === 'week' ? draft.offsetDay : 0,
  };
}

const lines = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean);

function model(draft: ModelDraft): unknown {
  if (draft.kind === 'built-in') {
    return draft.word;
  }
  const form: Record<string, unknown> = draft.kind === 'table' ? { table: draft.table.trim() } : { query: draft.query.trim() };
  const optional = (key: string, value: string) => {
    if (value.trim()) {
      form[key] = value.trim();
    }
  };
  optional('name', draft.name);
  optional('landing_time_column', draft.landingTimeColumn);
  optional('version_key', draft.versionKey);
  const columns = lines(draft.columns).map(columnOf);
  if (columns.length) {
    form['columns'] = columns;
  }
  const key = draft.primaryKey.split(',').map((part) => part.trim()).filter(Boolean);
  if (key.length) {
    form['primary_key'] = key;
  }
  return form;
}

/** `name`, `name = source`, `name :: Type` or `name = source :: Type`. */
function columnLine(column: string | Record<string, string | null | undefined>): string {
  if (typeof column === 'string') {
    return column;
  }
  const source = column['source'] && column['source'] !== column['name'] ? ` = ${column['source']}` : '';
  return `${column['name']}${source}${column['type'] ? ` :: ${column['type']}` : ''}`;
}

function columnOf(line: string): unknown {
  const [left = '', ...types] = line.split('::');
  const [name = '', ...sources] = left.split('=');
  const column: Record<string, string> = { name: name.trim() };
  if (sources.length) {
    column['source'] = sources.join('=').trim();
  }
  if (types.length) {
    column['type'] = types.join('::').trim();
  }
  return Object.keys(column).length === 1 ? column['name'] : column;
}

interface RawFilter {
  key: string;
  operator?: string | null;
  value?: unknown;
  type?: 'event' | 'person' | null;
}

function filterDraft({ key, operator, value, type }: RawFilter): FilterDraft {
  const text = Array.isArray(value) ? value.join('\n') : value == null ? '' : String(value);
  return {
    key,
    operator: operator ?? 'exact',
    value: text,
    type: type ?? 'event',
    ...(value == null ? {} : { stored: { text, value } }),
  };
}

function filterOf({ key, operator, value, type, stored }: FilterDraft): RawFilter {
  const filter: RawFilter = { key: key.trim(), operator, type };
  if (hasNoValue(operator)) {
    return filter;
  }
  return { ...filter, value: stored?.text === value ? stored.value : typedValue(operator, value) };
}

/** A text, since a number would also equal what is written otherwise, such as 5.0; or the number to compare with. */
function typedValue(operator: string, value: string): unknown {
  if (/^(gte?|lte?)$/.test(operator)) {
    return number(value);
  }
  const parts = value.split('\n').filter((part) => part !== '');
  return parts.length > 1 ? parts : (parts[0] ?? '');
}

function number(text: string): unknown {
  return text.trim() === '' ? null : Number.isFinite(Number(text)) ? Number(text) : text;
}

function common(draft: Draft): Record<string, unknown> {
  const grid = gridOfDraft(draft);
  return {
    name: draft.name.trim(),
    model: model(draft.model),
    interval: draft.interval,
    timezone: draft.timezone,
    offset_hour: grid.interval === 'day' || grid.interval === 'week' ? grid.offsetHour : null,
    offset_day: grid.interval === 'week' ? grid.offsetDay : null,
    start_at: fromLocal(draft.startAt, draft.timezone),
    end_at: fromLocal(draft.endAt, draft.timezone),
    filters: draft.filters.filter((filter) => filter.key.trim() !== '').map(filterOf),
    include_events: lines(draft.includeEvents),
    exclude_events: lines(draft.excludeEvents),
    rerun_mode: draft.rerunMode,
    late_rows: draft.lateRows,
    settle_seconds: number(draft.settleSeconds),
    give_up_after_seconds: number(draft.giveUpAfterSeconds),
    pause_after_failures: number(draft.pauseAfterFailures),
  };
}

/** What creates the export. */
export function toRequest(draft: Draft, types: DestinationType[]): Record<string, unknown> {
  const config = toConfig(fieldsOfType(types, draft.type), draft.config[draft.type] ?? {});
  const request = { ...common(draft), destination: { type: draft.type, config } };
  return Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );
}

/** What changes an export into the draft: only what differs, so that nobody else's change is undone. */
export function toPatch(draft: Draft, export_: BatchExport, types: DestinationType[]): Record<string, unknown> {
  const before = common(draftOf(export_, types));
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(common(draft))) {
    if (JSON.stringify(value) !== JSON.stringify(before[key])) {
      patch[key] = value;
    }
  }
  const fields = fieldsOfType(types, draft.type);
  const values = draft.config[draft.type] ?? {};
  if (draft.type !== export_.destination.type) {
    patch['destination'] = { type: draft.type, config: toConfig(fields, values) };
    return patch;
  }
  const config = toChange(fields, export_.destination.config, values);
  const changed = Object.fromEntries(
    Object.entries(config).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(export_.destination.config[key])),
  );
  if (Object.keys(changed).length > 0) {
    patch['destination'] = { type: draft.type, config: changed };
  }
  return patch;
}

/** What the inputs show an error of the server at: `/destination/config/region` is `config.region`. */
export function errorsByField(errors: { pointer: string; message: string }[]): Record<string, string> {
  const byField: Record<string, string> = {};
  for (const { pointer, message } of errors) {
    const parts = pointer.split('/').slice(1);
    const key = parts[0] === 'destination' && parts[1] === 'config' && parts[2] ? `config.${parts[2]}` : (parts[0] ?? '');
    byField[key] = byField[key] ? `${byField[key]}; ${message}` : message;
  }
  return byField;
}

/** The parameters' errors out of all. */
export function configErrors(errors: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(errors)
      .filter(([key]) => key.startsWith('config.'))
      .map(([key, message]) => [key.slice('config.'.length), message]),
  );
}

export function toLocal(time: string | null, zone: string): string {
  if (time === null) {
    return '';
  }
  const at = Date.parse(time);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return `${isoDate(at, zone)}T${clock.format(at)}`;
}

export function fromLocal(text: string, zone: string): string | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
  if (!parts) {
    return null;
  }
  const [year, month, day, hour, minute] = parts.slice(1).map(Number) as [number, number, number, number, number];
  return new Date(instantOf(year, month, day, hour, zone, minute)).toISOString();
}
