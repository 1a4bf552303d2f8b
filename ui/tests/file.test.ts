import { describe, expect, it } from 'vitest';
import type { BatchExport } from '../src/api/client';
import { difference, fileOf, readFile, yaml } from '../src/exports/file';

const stored = {
  id: 'one', project_id: 1, name: 'events: lake', model: 'events', status: 'active', interval: 'day', timezone: 'Europe/Berlin',
  offset_hour: 0, offset_day: null, start_at: '2026-11-01T00:00:00Z', paused: false, include_events: ['on'], exclude_events: [],
  filters: [], settle_seconds: 30, latest_runs: [],
  destination: { type: 'S3', config: { bucket_name: 'lake', prefix: 'a/${b}', file_format: 'Parquet' } },
} as unknown as BatchExport;
const secretsOf = (type: string) => (type === 'S3' ? ['aws_secret_access_key'] : ['password']);
const changed = (text: string) => {
  const { document, problems } = readFile(text);
  expect(problems).toEqual([]);
  return difference(stored, document!, secretsOf);
};

describe('an export as a file', () => {
  it('says what can be set, and changes nothing when it is applied again', () => {
    const text = fileOf(stored);
    expect(text).toBe(
      'name: "events: lake"\nmodel: events\ndestination:\n  type: S3\n  config:\n    bucket_name: lake\n    prefix: a/$${b}\n    file_format: Parquet\n' +
        'interval: day\ntimezone: Europe/Berlin\noffset_hour: 0\nstart_at: "2026-11-01T00:00:00Z"\npaused: false\ninclude_events:\n  - "on"\nsettle_seconds: 30\n',
    );
    expect(changed(text)).toEqual({ changes: [], patch: {} });
  });

  it('asks for what differs alone', () => {
    expect(changed('name: "events: lake"\nsettle_seconds: 60\nstart_at: 2026-11-01T01:00:00+01:00\nstatus: paused\ndestination:\n  config:\n    bucket_name: lake\n    prefix: b\n')).toEqual({
      changes: [
        { path: 'settle_seconds', from: 30, to: 60, secret: false },
        { path: 'destination.config.prefix', from: 'a/${b}', to: 'b', secret: false },
      ],
      patch: { settle_seconds: 60, destination: { type: 'S3', config: { prefix: 'b' } } },
    });
    expect(changed('include_events: []\noffset_day: 0\n').patch).toEqual({ include_events: [] });
  });

  it('compares the model and the filters as wholes, which the server replaces', () => {
    const table = { name: 'orders', table: 'shop.orders', landing_time_column: 'inserted_at', columns: ['id', { name: 'total', source: 'amount' }], primary_key: ['id'], version_key: null };
    const filters = [{ key: 'plan', value: 'pro', operator: 'is_not', type: 'event' }, { key: 'coupon', operator: 'is_set', type: 'event' }];
    const patch = (document: Record<string, unknown>) => difference({ ...stored, model: table, filters } as unknown as BatchExport, document, secretsOf).patch;
    const unchanged = [
      { model: { table: 'shop.orders', columns: [{ name: 'id' }, { name: 'total', source: 'amount', type: null }], primary_key: ['id'] } },
      { filters: [{ key: 'plan', value: ['pro'], operator: 'is_not' }, { key: 'coupon', operator: 'is_set', value: 'is_set' }] },
    ];
    unchanged.forEach((document) => expect(patch(document)).toEqual({}));
    const changed = [
      { model: { table: 'shop.orders', columns: ['id', { name: 'total', source: 'amount' }] } },
      { model: { table: 'shop.orders', primary_key: ['id'] } },
      { model: { table: 'shop.orders', columns: ['id', 'total'], primary_key: ['id'] } },
      { model: { table: 'shop.orders', columns: ['id', { name: 'total', source: 'amount' }], primary_key: ['id'], version_key: 'at' } },
      { model: { table: 'shop.orders', tabel: 'x', columns: ['id', { name: 'total', source: 'amount' }], primary_key: ['id'] } },
      { filters: [{ key: 'plan', value: 'pro' }, filters[1]] },
      { filters: [filters[0]] },
      { filters: [] },
    ];
    changed.forEach((document) => expect(patch(document)).toEqual(document));
  });

  it('always sends a secret, and everything of another destination', () => {
    expect(changed('destination:\n  config:\n    aws_secret_access_key: new\n').changes).toEqual([
      { path: 'destination.config.aws_secret_access_key', from: undefined, to: 'new', secret: true },
    ]);
    expect(changed('destination:\n  type: Postgres\n  config:\n    host: db\n').patch).toEqual({ destination: { type: 'Postgres', config: { host: 'db' } } });
  });

  it('leaves it to the server to refuse what nobody knows', () => {
    expect(changed('nmae: x\n').patch).toEqual({ nmae: 'x' });
    expect(changed('destination:\n  cofnig: {}\n').patch).toEqual({ destination: { type: 'S3', cofnig: {} } });
  });

  it('says where what is wrong', () => {
    expect(readFile('name: a\n  b: c\n')).toMatchObject({ document: null, problems: [{ line: 1 }] });
    expect(readFile('name: a\nname: b\n').problems).toMatchObject([{ line: 2, message: expect.stringMatching(/no YAML: .*unique/) }]);
    expect(readFile('- name: a\n').problems[0]?.message).toMatch(/fields with values/);
    expect(readFile('name: a\n---\nname: b\n').problems[0]).toMatchObject({ message: expect.stringMatching(/one export/) });
    expect(readFile(' \n').problems).toMatchObject([{ line: null }]);
    expect(readFile('name: a\ndestination:\n  config:\n    password: ${SECRET}\n')).toMatchObject({ document: null, problems: [{ line: 4, message: expect.stringContaining('${SECRET}') }] });
    const { lineOf } = readFile('name: a\ndestination:\n  config:\n    bucket_name: b\nfilters:\n  - key: x\n');
    expect([lineOf('/destination/config/bucket_name'), lineOf('/filters/0/key'), lineOf('/destination/config/region'), lineOf('/interval')]).toEqual([4, 6, 4, null]);
  });

  it('quotes what some readers take for something else than a text', () => {
    expect(yaml({ a: 'no', b: '12:30', c: 'x: y', d: '1e3' })).toBe('a: "no"\nb: "12:30"\nc: "x: y"\nd: "1e3"\n');
  });
});
