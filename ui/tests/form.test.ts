import { describe, expect, it } from 'vitest';
import { configErrors, draftOf, emptyDraft, errorsByField, fromLocal, toLocal, toPatch, toRequest } from '../src/form/draft';
import { fieldsOf, toChange, toConfig, toValues } from '../src/form/schema';
import type { Draft, FilterDraft } from '../src/form/draft';
import type { BatchExport, DestinationType } from '../src/api/client';

const SCHEMA = {
  type: 'object',
  required: ['bucket_name'],
  properties: {
    bucket_name: { type: 'string', title: 'Bucket', description: 'Where files go.', examples: ['lake'] },
    aws_secret_access_key: { type: 'string', writeOnly: true, format: 'password' },
    encryption: { type: 'string', enum: ['none', 'AES256'], default: 'none' },
    use_virtual_style_addressing: { type: 'boolean' },
    max_file_size_mb: { type: 'integer' },
  },
};
const TYPES = [{ type: 'S3', workflow_type: 's3-export', config_schema: SCHEMA, secret_fields: ['aws_secret_access_key'] }] as unknown as DestinationType[];
const fields = fieldsOf(SCHEMA);

describe('a form made from a JSON Schema', () => {
  it('knows of each parameter what it is, in the order of the schema', () => {
    expect(fields.map((field) => [field.name, field.kind, field.required])).toEqual([
      ['bucket_name', 'text', true],
      ['aws_secret_access_key', 'secret', false],
      ['encryption', 'choice', false],
      ['use_virtual_style_addressing', 'flag', false],
      ['max_file_size_mb', 'number', false],
    ]);
    expect(fields[0]).toMatchObject({ title: 'Bucket', description: 'Where files go.', example: 'lake' });
    expect(fields[1]!.title).toBe('Aws secret access key');
    expect(fields[2]).toMatchObject({ options: ['none', 'AES256'], fallback: 'none' });
  });

  it('sends typed values and leaves out what is empty', () => {
    expect(toConfig(fields, { bucket_name: ' lake ', aws_secret_access_key: ' s p ', encryption: '', use_virtual_style_addressing: 'false', max_file_size_mb: '512' })).toEqual({
      bucket_name: 'lake',
      aws_secret_access_key: ' s p ',
      use_virtual_style_addressing: false,
      max_file_size_mb: 512,
    });
    expect(toConfig(fields, { max_file_size_mb: 'many' })).toEqual({ max_file_size_mb: 'many' });
  });

  it('keeps a stored secret that was not typed again, and removes what was emptied', () => {
    const before = { bucket_name: 'lake', max_file_size_mb: 512 };
    const values = { ...toValues(fields, before), max_file_size_mb: '' };
    expect(toChange(fields, before, values)).toEqual({ bucket_name: 'lake', max_file_size_mb: null });
  });

  it('puts the errors of the server at their fields', () => {
    const errors = errorsByField([
      { pointer: '/destination/config/bucket_name', message: 'is required' },
      { pointer: '/name', message: 'must not be blank' },
      { pointer: '/model/table', message: 'is required' },
    ]);
    expect(errors).toEqual({ 'config.bucket_name': 'is required', name: 'must not be blank', model: 'is required' });
    expect(configErrors(errors)).toEqual({ bucket_name: 'is required' });
  });

  it('makes a request that names nothing which was left alone', () => {
    const draft = { ...emptyDraft(TYPES), name: ' lake ', interval: 'day', timezone: 'Europe/Berlin', offsetHour: 2, startAt: '2026-07-01T00:00', config: { S3: { bucket_name: 'lake' } } };
    expect(toRequest(draft, TYPES)).toEqual({
      name: 'lake',
      model: 'events',
      interval: 'day',
      timezone: 'Europe/Berlin',
      offset_hour: 2,
      start_at: '2026-06-30T22:00:00.000Z',
      rerun_mode: 'append',
      late_rows: 'report',
      settle_seconds: 30,
      pause_after_failures: 10,
      give_up_after_seconds: 86400,
      destination: { type: 'S3', config: { bucket_name: 'lake' } },
    });
  });

  it('writes models and filters as the server takes them', () => {
    const base = emptyDraft(TYPES);
    const draft: Draft = {
      ...base,
      model: { ...base.model, kind: 'table', table: 'orders', columns: 'id\ntotal = amount :: Decimal(18, 2)\nday :: Date', primaryKey: 'id, day' },
      filters: [
        { key: 'plan', operator: 'exact', value: 'pro\n\nteam\n', type: 'person' },
        { key: 'amount', operator: 'gte', value: '10', type: 'event' },
        { key: 'coupon', operator: 'is_set', value: 'left over', type: 'event' },
        { key: ' ', operator: 'exact', value: '', type: 'event' },
      ],
    };
    expect(toRequest(draft, TYPES)).toMatchObject({
      model: {
        table: 'orders',
        columns: ['id', { name: 'total', source: 'amount', type: 'Decimal(18, 2)' }, { name: 'day', type: 'Date' }],
        primary_key: ['id', 'day'],
      },
      filters: [
        { key: 'plan', operator: 'exact', value: ['pro', 'team'], type: 'person' },
        { key: 'amount', operator: 'gte', value: 10, type: 'event' },
        { key: 'coupon', operator: 'is_set', type: 'event' },
      ],
    });
  });

  it('sends back the values of conditions that were not touched, and takes a typed value as the text that it is', () => {
    const filters = [
      { key: 'city', operator: 'exact', value: 'Berlin, Germany', type: 'event' },
      { key: 'seats', operator: 'exact', value: 5, type: 'event' },
      { key: 'plan', operator: 'is_not', value: ['pro, yearly', 7, true], type: 'person' },
      { key: 'note', operator: 'regex', value: 'a\nb', type: 'event' },
      { key: 'coupon', operator: 'is_set', type: 'event' },
    ];
    const stored = { name: 'lake', model: 'events', destination: { type: 'S3', config: {} }, interval: 'hour', timezone: 'UTC', start_at: null, end_at: null, include_events: [], exclude_events: [], filters } as unknown as BatchExport;
    const draft = draftOf(stored, TYPES);
    const change = (...changes: [number, Partial<FilterDraft>][]) =>
      toPatch({ ...draft, filters: draft.filters.map((filter, index) => Object.assign({}, filter, ...changes.filter(([at]) => at === index).map(([, part]) => part))) }, stored, TYPES);

    expect(change()).toEqual({});
    expect(change([4, { key: 'voucher' }])).toEqual({ filters: [...filters.slice(0, 4), { ...filters[4], key: 'voucher' }] });
    expect(change([1, { operator: 'is_not' }])).toMatchObject({ filters: [{}, { operator: 'is_not', value: 5 }, {}, {}, {}] });
    expect(change([0, { value: 'Bonn, Germany' }], [1, { value: '6' }], [2, { value: 'pro, yearly\n8' }])).toEqual({
      filters: [{ ...filters[0], value: 'Bonn, Germany' }, { ...filters[1], value: '6' }, { ...filters[2], value: ['pro, yearly', '8'] }, ...filters.slice(3)],
    });
    expect(change([1, { value: '6' }], [1, { value: '5' }])).toEqual({});
  });

  it('reads and writes local times of a zone', () => {
    expect(toLocal('2026-01-01T12:00:00Z', 'Asia/Kathmandu')).toBe('2026-01-01T17:45');
    expect(fromLocal('2026-01-01T17:45', 'Asia/Kathmandu')).toBe('2026-01-01T12:00:00.000Z');
    expect(fromLocal('', 'UTC')).toBeNull();
  });
});
