/** Reads the JSON Schema by which the server describes the parameters of a destination type. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: (string | null)[];
  default?: unknown;
  examples?: unknown[];
  format?: string;
  writeOnly?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
}

export type FieldKind = 'text' | 'secret' | 'number' | 'flag' | 'choice' | 'lines';

export interface SchemaField {
  name: string;
  title: string;
  description: string;
  kind: FieldKind;
  required: boolean;
  options: string[];
  /** What the server takes when it is left out, as text; empty for nothing. */
  fallback: string;
  example: string;
}

export function fieldsOf(schema: Schema): SchemaField[] {
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    title: property.title ?? words(name),
    description: property.description ?? '',
    kind: kindOf(property),
    required: schema.required?.includes(name) ?? false,
    options: (property.enum ?? []).filter((option): option is string => option !== null),
    fallback: property.default === undefined ? '' : String(property.default),
    example: property.examples?.[0] === undefined ? '' : String(property.examples[0]),
  }));
}

function kindOf(schema: Schema): FieldKind {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (schema.writeOnly || schema.format === 'password') {
    return 'secret';
  }
  if (schema.enum) {
    return 'choice';
  }
  if (types.includes('boolean')) {
    return 'flag';
  }
  if (types.includes('integer') || types.includes('number')) {
    return 'number';
  }
  return types.includes('array') ? 'lines' : 'text';
}

function words(name: string): string {
  const spaced = name.replaceAll('_', ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export type Values = Record<string, string>;

/** A configuration as inputs hold it; secrets never come back from the server. */
export function toValues(fields: SchemaField[], config: Record<string, unknown>): Values {
  const values: Values = {};
  for (const field of fields) {
    const value = config[field.name];
    if (value !== undefined && value !== null) {
      values[field.name] = Array.isArray(value) ? value.join('\n') : String(value);
    }
  }
  return values;
}

/** What was typed, as the server wants it: what is empty is left out. */
export function toConfig(fields: SchemaField[], values: Values): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const field of fields) {
    const value = (values[field.name] ?? '').replace(field.kind === 'secret' ? /$^/ : /^\s+|\s+$/g, '');
    if (value !== '') {
      config[field.name] = typed(field, value);
    }
  }
  return config;
}

/**
 * The change from one configuration to another: null removes a parameter. A secret that was not typed again is left
 * out, which keeps the stored one.
 */
export function toChange(fields: SchemaField[], before: Record<string, unknown>, values: Values): Record<string, unknown> {
  const change = toConfig(fields, values);
  for (const field of fields) {
    if (field.kind !== 'secret' && !(field.name in change) && before[field.name] !== undefined && before[field.name] !== null) {
      change[field.name] = null;
    }
  }
  return change;
}

function typed(field: SchemaField, value: string): unknown {
  switch (field.kind) {
    case 'flag':
      return value === 'true';
    case 'number':
      // What is no number goes to the server as it is, which says so at the field.
      return Number.isFinite(Number(value)) ? Number(value) : value;
    case 'lines':
      return value.split('\n').map((line) => line.trim()).filter(Boolean);
    default:
      return value;
  }
}
