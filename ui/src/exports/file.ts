import { isMap, LineCounter, parseAllDocuments, stringify } from 'yaml';
import type { BatchExport } from '../api/client';
import type { Settings } from './describe';

/** Fields that only answers have; `bx apply` leaves them out too. */
const READ_ONLY = new Set([
  'id', 'project_id', 'status', 'pause_reason', 'created_at', 'last_updated_at', 'last_paused_at', 'latest_runs', 'rows_late', 'effects',
]);

/** The order in which people read an export; what is not in it comes last. */
const ORDER = [
  'name', 'model', 'destination', 'interval', 'timezone', 'offset_hour', 'offset_day', 'start_at', 'end_at', 'paused',
  'include_events', 'exclude_events', 'filters',
];

/** As version 1.1 has it, which quotes more: what some readers take for something else than a text. */
export function yaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0 });
}

/** What a file for `bx apply -f` would hold: what can be set, secrets left out. */
export function fileOf(export_: BatchExport): string {
  const place = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  const fields = Object.entries(export_)
    .filter(([key, value]) => !READ_ONLY.has(key) && !isNothing(value))
    .sort(([one], [other]) => place(one) - place(other) || one.localeCompare(other));
  return yaml(texts(Object.fromEntries(fields), (text) => text.replaceAll('${', () => '$${')));
}

export interface FileProblem {
  line: number | null;
  message: string;
}

export interface ReadFile {
  document: Settings | null;
  problems: FileProblem[];
  /** Where a field stands, or what is around it, for a JSON pointer. */
  lineOf: (pointer: string) => number | null;
}

/** Reads a file as `bx apply -f` does, but for variables of the environment, which a browser has none of. */
export function readFile(text: string): ReadFile {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const line = (offset: number) => lines.linePos(offset).line;
  const refused = (problems: FileProblem[]): ReadFile => ({ document: null, problems, lineOf: () => null });
  if ('empty' in documents || documents.every((document) => document.contents === null && document.errors.length === 0)) {
    return refused([{ line: null, message: 'The file is empty.' }]);
  }
  const error = documents.flatMap((document) => document.errors)[0];
  if (error) {
    // Further ones mostly follow from it.
    return refused([{ line: line(error.pos[0]), message: `This is no YAML: ${error.message}.` }]);
  }
  const [document, second] = documents;
  if (second !== undefined) {
    return refused([{ line: line(second.range[0]), message: 'Here is one export changed at a time: bx apply takes files with several.' }]);
  }
  if (!isMap(document!.contents)) {
    return refused([{ line: 1, message: 'An export is written as fields with values, such as "name: events".' }]);
  }
  const lineOf = (pointer: string) => {
    const path = pointer.split('/').slice(1).map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
    for (let length = path.length; length > 0; length--) {
      const node = document!.getIn(path.slice(0, length), true) as { range?: [number, number, number] | null } | undefined;
      if (node?.range) {
        return line(node.range[0]);
      }
    }
    return null;
  };
  const variables: FileProblem[] = [];
  const plain = texts(document!.toJS() as Settings, (value, pointer) => {
    const variable = /(?<!\$)\$\{[^}]*\}/.exec(value);
    if (variable) {
      variables.push({ line: lineOf(pointer), message: `${variable[0]} is filled in by bx apply alone: write the value here, or leave a secret out to keep it.` });
    }
    return value.replaceAll('$${', '${');
  }) as Settings;
  return { document: variables.length ? null : plain, problems: variables, lineOf };
}

function texts(value: unknown, change: (text: string, pointer: string) => string, pointer = ''): unknown {
  if (typeof value === 'string') {
    return change(value, pointer);
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => texts(item, change, `${pointer}/${index}`));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, texts(item, change, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)]));
  }
  return value;
}

export interface FieldChange {
  path: string;
  from: unknown;
  to: unknown;
  secret: boolean;
}

export interface Difference {
  changes: FieldChange[];
  /** The body of the request; empty when there is nothing to ask for. */
  patch: Settings;
}

/**
 * What an export has to be changed by to be as a document says, as `bx apply` finds it: fields that the document leaves
 * out stay as they are; what `model` and the conditions of `filters` leave out takes its default. Stored secrets cannot be read, so that a document's secrets are always part of the change.
 */
export function difference(export_: BatchExport, document: Settings, secretsOf: (type: string) => string[]): Difference {
  const changes: FieldChange[] = [];
  const patch: Settings = {};
  const current = export_ as unknown as Settings;
  for (const [field, wanted] of Object.entries(document)) {
    if (READ_ONLY.has(field)) {
      continue;
    }
    if (field === 'destination' && isObject(wanted)) {
      const found = destination(export_, wanted, secretsOf, changes);
      if (found) {
        patch['destination'] = found;
      }
    } else if (field === 'model' || field === 'filters' ? !isSameWhole(current[field], wanted) : !isSame(current[field], wanted, field)) {
      changes.push({ path: field, from: current[field], to: wanted, secret: false });
      patch[field] = wanted;
    }
  }
  return { changes, patch };
}

function destination(export_: BatchExport, wanted: Settings, secretsOf: (type: string) => string[], changes: FieldChange[]): Settings | null {
  const { type: present, config: parameters } = export_.destination as { type: string; config: Settings };
  const type = typeof wanted['type'] === 'string' ? wanted['type'] : present;
  const other = type !== present;
  const secrets = secretsOf(type);
  const config = isObject(wanted['config']) ? wanted['config'] : {};
  const unknown = Object.keys(wanted).filter((key) => key !== 'type' && key !== 'config');
  if (other) {
    changes.push({ path: 'destination.type', from: present, to: type, secret: false });
  }
  unknown.forEach((key) => changes.push({ path: `destination.${key}`, from: undefined, to: wanted[key], secret: false }));
  const changed: Settings = {};
  for (const [name, value] of Object.entries(config)) {
    const secret = secrets.includes(name);
    if (secret || other || !isSame(parameters[name], value, name)) {
      changes.push({ path: `destination.config.${name}`, from: other ? undefined : parameters[name], to: value, secret });
      changed[name] = value;
    }
  }
  if (other || unknown.length > 0) {
    return { ...wanted, type };
  }
  return Object.keys(changed).length > 0 ? { type, config: changed } : null;
}

/** Compares what the server takes as a whole: what is left out inside of it takes its default. */
function isSameWhole(current: unknown, wanted: unknown): boolean {
  const [one, other] = Array.isArray(current) || Array.isArray(wanted)
    ? [filters(current), filters(wanted)]
    : [model(current), model(wanted)];
  return isSame(one, other, '') && isSame(other, one, '');
}

function filters(value: unknown): unknown {
  return Array.isArray(value) ? value.map((filter) => (isObject(filter) ? filterOf(filter) : filter)) : value;
}

/** A list of one value is that value; operators that need none ignore it. */
function filterOf(form: Settings): Settings {
  const { value, ...rest } = withDefaults(form, { operator: 'exact', type: 'event' });
  if (rest['operator'] === 'is_set' || rest['operator'] === 'is_not_set') {
    return rest;
  }
  return { ...rest, value: Array.isArray(value) && value.length === 1 ? value[0] : value };
}

function model(value: unknown): unknown {
  if (!isObject(value)) {
    return value;
  }
  const table = value['table'];
  const name = typeof table === 'string' ? table.slice(table.lastIndexOf('.') + 1) : 'query';
  const form = withDefaults(value, { name, landing_time_column: 'inserted_at' });
  return Array.isArray(form['columns']) ? { ...form, columns: form['columns'].map(column) } : form;
}

function column(value: unknown): unknown {
  const form = typeof value === 'string' ? { name: value } : value;
  return isObject(form) ? withDefaults(form, { source: form['name'] }) : form;
}

function withDefaults(form: Settings, defaults: Settings): Settings {
  return { ...defaults, ...Object.fromEntries(Object.entries(form).filter(([, value]) => value !== null)) };
}

function isSame(current: unknown, wanted: unknown, name: string): boolean {
  if (isNothing(wanted) || isNothing(current)) {
    return isNothing(current) && (isNothing(wanted) || (name.startsWith('offset_') && wanted === 0));
  }
  if (Array.isArray(wanted) && Array.isArray(current)) {
    return wanted.length === current.length && wanted.every((item, index) => isSame(current[index], item, ''));
  }
  if (isObject(wanted) && isObject(current)) {
    return Object.entries(wanted).every(([key, value]) => isSame(current[key], value, key));
  }
  return wanted === current || (name.endsWith('_at') && typeof wanted === 'string' && Date.parse(wanted) === Date.parse(String(current)));
}

function isObject(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}
