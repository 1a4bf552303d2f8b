import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launch, Window, World } from './world';

interface Message {
  id: string;
  timestamp: string;
  signature: string;
  body: string;
}

/** Receives webhooks, and answers as it is told. */
class Receiver {
  readonly messages: Message[] = [];
  status = 204;
  private readonly server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const header = (name: string) => String(request.headers[name]);
      this.messages.push({ id: header('webhook-id'), timestamp: header('webhook-timestamp'), signature: header('webhook-signature'), body });
      response.writeHead(this.status).end(this.status === 204 ? undefined : 'closed for the night');
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** What the story of one export leaves out: each form is filled in, and what came of it is looked at behind the UI. */
describe('the forms', () => {
  const world = new World(inject('installation'));
  const { installation } = world;
  const receiver = new Receiver();
  const project = 31;
  const base = `/api/projects/${project}/batch_exports/`;
  /** The last one that has ended, of which the events are. */
  const hour = new Date(Math.floor(Date.now() / 3_600_000 - 1) * 3_600_000).toISOString();
  let browser: Browser;
  let window: Window;
  let page: Page;

  beforeAll(async () => {
    await world.clickhouse('CREATE TABLE IF NOT EXISTS orders (id UInt64, amount Float64, country String, inserted_at DateTime64(6, \'UTC\')) ENGINE = MergeTree ORDER BY id');
    await world.clickhouse(`INSERT INTO orders SELECT number, number / 2, ['de', 'fr'][1 + number % 2], toDateTime64('${hour.slice(0, 19)}', 6, 'UTC') + INTERVAL 30 MINUTE FROM numbers(40)`);
    await world.clickhouse(`
      CREATE TABLE IF NOT EXISTS events (
          uuid UUID, event String, distinct_id String, person_id UUID, properties String, person_properties String,
          elements_chain String, timestamp DateTime64(6, 'UTC'), created_at DateTime64(6, 'UTC'), team_id Int64,
          inserted_at DateTime64(6, 'UTC'))
      ENGINE = MergeTree ORDER BY (team_id, inserted_at, uuid)`);
    // 600 within an hour: a third each pageview, click and signup, half of them from the shop.
    await world.clickhouse(`
      INSERT INTO events SELECT generateUUIDv4(), ['pageview', 'click', 'signup'][1 + number % 3], toString(number), generateUUIDv4(),
          concat('{"site":"', ['shop', 'blog'][1 + intDiv(number, 3) % 2], '"}'), '{}', '', t, t, ${project}, t
      FROM (SELECT number, toDateTime64('${hour.slice(0, 19)}', 6, 'UTC') + INTERVAL number * 6 SECOND AS t FROM numbers(600))`);
    browser = await launch();
    window = await Window.open(browser, installation.api_url);
    page = window.page;
    await window.signIn(installation.api_token);
    window.forgive(/status of 401/); // nobody was signed in when the page asked
  });

  afterAll(async () => {
    await browser?.close();
    await receiver.close();
    await world.close();
  });

  const panel = (title: string) => page.locator('section', { has: page.getByRole('heading', { name: title, exact: true }) });
  const preview = () => panel('Preview');

  async function finish(name: string): Promise<string> {
    await page.getByRole('button', { name: 'Next: Destination' }).click();
    await page.getByRole('radio', { name: 'S3' }).check();
    const values = {
      bucket_name: installation.s3_bucket, region: installation.s3_region, prefix: `forms/${encodeURIComponent(name)}`, endpoint_url: installation.s3_endpoint,
      aws_access_key_id: installation.s3_access_key_id, aws_secret_access_key: installation.s3_secret_access_key,
    };
    for (const [field, value] of Object.entries(values)) {
      await page.locator(`[name=${field}]`).fill(value);
    }
    await page.locator('[name=file_format]').selectOption('JSONLines');
    await page.getByRole('button', { name: 'Next: Schedule' }).click();
    await page.getByLabel('Start, UTC').fill(hour.slice(0, 16));
    await page.getByLabel('Settle delay').fill('0');
    await page.getByRole('button', { name: 'Next: Review' }).click();
    await page.getByRole('button', { name: 'Create export' }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    return new URL(page.url()).pathname.split('/').at(-1)!;
  }

  let events = '';

  it('chooses events by name and property, shows ten of them, and exports just those', async () => {
    await page.goto(`/projects/${project}/exports/new`);
    await page.getByLabel('Name').fill('shop views');
    await page.getByLabel('Only these events').fill('pageview\nclick');
    await page.getByLabel('Leave out these events').fill('signup');
    await page.getByRole('button', { name: 'Add a condition' }).click();
    const condition = page.getByRole('group', { name: 'Condition 1' });
    await condition.getByLabel('Property').fill('site');
    await condition.getByLabel('Operator').selectOption('exact');
    await condition.getByLabel('Value').fill('shop');
    await preview().getByRole('button', { name: 'Show some rows' }).click();
    await preview().locator('tbody tr').first().waitFor();
    expect(await preview().locator('tbody tr').count()).toBe(10);
    const shown = await preview().locator('tbody').textContent();
    expect(shown).toMatch(/(pageview|click).*shop/);
    expect(shown).not.toMatch(/signup|blog/);
    await window.axe('the form of filters');
    await window.screenshot('forms-filters');

    events = await finish('shop views');
    await page.locator('.vrow.runs', { hasText: 'Completed' }).first().waitFor({ timeout: 90_000 });
    const stored = await world.api<Record<string, unknown>>('GET', `${base}${events}/`);
    expect(stored).toMatchObject({
      model: 'events', include_events: ['pageview', 'click'], exclude_events: ['signup'], filters: [{ key: 'site', operator: 'exact', value: 'shop', type: 'event' }],
    });
    const { results } = await world.api<{ results: unknown[] }>('GET', `${base}${events}/runs/?status=Completed`);
    expect(results.at(-1)).toMatchObject({ data_interval_start: hour.replace('.000Z', 'Z'), records_completed: 200 });
  });

  it('takes a table, says what is wrong with one that is not there, and a query', async () => {
    await page.goto(`/projects/${project}/exports/new`);
    await page.getByLabel('Name').fill('orders of Germany');
    await page.getByText('A table', { exact: true }).click();
    await page.getByRole('textbox', { name: 'Table' }).fill('no_such_orders');
    await preview().getByRole('button', { name: 'Show some rows' }).click();
    await preview().locator('.callout', { hasText: 'no_such_orders' }).waitFor();
    window.forgive(/status of 4\d\d/); // the refusal that was wanted

    await page.getByRole('textbox', { name: 'Table' }).fill('orders');
    await page.getByLabel('Columns').fill('id\ntotal = amount\ninserted_at');
    await preview().getByRole('button', { name: 'Show some rows' }).click();
    await preview().locator('tbody tr').first().waitFor();
    expect(await preview().locator('tbody tr').count()).toBe(10);
    expect(await preview().locator('th').allTextContents()).toEqual(['id', 'total', 'inserted_at']);
    await window.screenshot('forms-table');

    await page.getByText('A SQL query', { exact: true }).click();
    const query = `SELECT id, country, inserted_at FROM orders WHERE country = 'de' AND inserted_at >= {interval_start} AND inserted_at < {interval_end}`;
    await page.getByRole('textbox', { name: 'Query' }).fill(query);
    await page.getByLabel('Columns').fill('');
    await page.getByLabel('Primary key').fill('id');
    await preview().getByRole('button', { name: /Show some rows|Look again/ }).click();
    await preview().locator('th', { hasText: 'country' }).waitFor();
    expect(await preview().locator('tbody tr').count()).toBe(10);
    expect(await preview().locator('tbody').textContent()).not.toContain('fr');
    await window.axe('the form of a query');
    const id = await finish('orders of Germany');
    expect((await world.api<{ model: unknown }>('GET', `${base}${id}/`)).model).toMatchObject({ query, primary_key: ['id'] });
  });

  it('changes an export as YAML, with what is wrong beside it', async () => {
    await page.goto(`/projects/${project}/exports/${events}/configuration?view=yaml`);
    const editor = page.getByLabel('The export as YAML');
    const stored = await editor.inputValue();
    expect(stored).not.toContain(installation.s3_secret_access_key);
    const apply = page.getByRole('button', { name: 'Apply', exact: true });
    expect(await apply.getAttribute('aria-disabled')).toBe('true');

    await editor.fill(`${stored}  broken: [`);
    await panel('What is wrong').getByText(/no YAML/).waitFor();
    expect(await apply.getAttribute('aria-disabled')).toBe('true');

    await editor.fill(stored.replace('interval: hour', 'interval: fortnight'));
    await panel('What applying it changes').getByText('hour → fortnight').waitFor();
    await apply.click();
    const line = stored.split('\n').indexOf('interval: hour') + 1;
    await panel('What is wrong').getByRole('button', { name: `Line ${line}` }).waitFor();
    window.forgive(/status of 400/);
    await window.axe('YAML with an error');
    await window.screenshot('forms-yaml-error');
    await page.getByRole('button', { name: `Line ${line}` }).click();
    expect(await editor.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd))).toBe('interval: fortnight');

    await editor.fill(stored.replace('exclude_events:\n  - signup', 'exclude_events: []').replace('pause_after_failures: 10', 'pause_after_failures: 3'));
    await apply.click();
    await page.getByText('Applied.').waitFor();
    expect(await world.api('GET', `${base}${events}/`)).toMatchObject({ exclude_events: [], pause_after_failures: 3, interval: 'hour' });
  });

  it('creates a token, shows it once, and takes it back', async () => {
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Create token' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('nightly report');
    await dialog.getByLabel('Project', { exact: true }).selectOption(`Project ${project} only`);
    await dialog.getByLabel('Expires').selectOption('In 30 days');
    await window.axe('the dialog of a token');
    await window.screenshot('forms-token', false);
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await dialog.getByText('It is shown only now.').waitFor();
    const token = (await dialog.locator('pre.code').textContent())!;
    expect(token).toMatch(/^bxt_\S{40,}$/);
    await window.axe('the token, once');
    await window.screenshot('forms-token-once', false);
    const ask = async (method: string, path: string) =>
      (await fetch(installation.api_url + path, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: method === 'POST' ? '{}' : undefined })).status;
    expect([await ask('GET', base), await ask('POST', base), await ask('GET', '/api/projects/32/batch_exports/')]).toEqual([200, 403, 403]);

    await dialog.getByRole('button', { name: 'I have it' }).click();
    await page.reload();
    const row = page.locator('tr', { hasText: 'nightly report' });
    expect(await row.textContent()).toMatch(/Valid.*Read.*project 31.*in 30 d/);
    expect(await page.content()).not.toContain(token);
    await row.getByRole('button', { name: 'Delete the token nightly report' }).click();
    await page.getByRole('dialog').getByText('stops to work at once').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete token' }).click();
    await row.waitFor({ state: 'detached' });
    expect(await ask('GET', base)).toBe(401);
  });

  it('creates a webhook, tests it, reads what was delivered, changes and deletes it', async () => {
    const url = await receiver.open();
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.getByRole('button', { name: 'Create webhook' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill('ftp://127.0.0.1/');
    await dialog.getByText('Only these').click();
    await dialog.getByLabel(/begins to fail/).check();
    const secret = await dialog.getByRole('textbox', { name: 'Secret' }).inputValue();
    await dialog.getByRole('button', { name: 'Create webhook' }).click();
    await dialog.locator('.error').waitFor();
    window.forgive(/status of 400/);
    await window.axe('the dialog of a webhook');
    await window.screenshot('forms-webhook', false);
    await dialog.getByLabel('Address').fill(url);
    await dialog.getByLabel('Name').fill('on-call');
    await dialog.getByRole('button', { name: 'Create webhook' }).click();
    await dialog.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Send a test to on-call' }).click();
    await page.getByText(/^Delivered: it answered 204/).waitFor();
    const { id, timestamp, body, signature } = receiver.messages[0]!;
    expect(signature).toBe(`v1,${createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
    const log = panel('Messages to on-call');
    await log.locator('td .state', { hasText: 'Delivered' }).waitFor();
    await log.getByRole('button', { name: 'Details' }).click();
    await log.getByText('"webhook.test"').waitFor();

    receiver.status = 503;
    await page.getByRole('button', { name: 'Send a test to on-call' }).click();
    await log.locator('tr', { hasText: 'Failed' }).getByText(/The receiver answered 503/).waitFor();
    await window.axe('the messages of a webhook');
    await window.screenshot('forms-webhook-messages');

    const menu = async (entry: string) => {
      await page.getByRole('button', { name: /^More actions for/ }).click();
      await page.getByRole('menuitem', { name: entry }).click();
    };
    await menu('Edit');
    await page.getByRole('dialog').getByLabel('Name').fill('night watch');
    await page.getByRole('dialog').getByRole('button', { name: 'Save changes' }).click();
    await menu('Switch off');
    await page.locator('td .state', { hasText: 'Off' }).waitFor();
    const { results } = await world.api<{ results: unknown[] }>('GET', `/api/projects/${project}/webhooks/`);
    expect(results).toMatchObject([{ name: 'night watch', url, events: ['batch_export.failing'], enabled: false }]);
    await menu('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete webhook' }).click();
    await page.getByRole('heading', { name: 'No webhook yet' }).waitFor();
  });

  it('names the version of every component', async () => {
    await page.goto('/system');
    for (const component of ['ClickHouse', 'PostgreSQL', 'Temporal']) {
      expect(await page.locator('tr', { hasText: component }).first().textContent()).toMatch(/\d+\.\d+/);
    }
  });

  it('made no complaint, and closes the settings to a reader, with the reason', async () => {
    expect(window.complaints).toEqual([]);
    const reader = await Window.open(browser, installation.api_url);
    await reader.signIn(await world.readOnlyToken());
    await reader.page.goto(`/projects/${project}/settings`);
    await reader.page.getByText('Only an admin sees the tokens').waitFor();
    await reader.page.getByRole('link', { name: 'Webhooks' }).click();
    const create = reader.page.getByRole('button', { name: 'Create webhook' });
    await create.hover();
    await reader.page.getByText('Your token may only read.').first().waitFor();
    expect(await create.getAttribute('aria-disabled')).toBe('true');
    await reader.close();
  });
});
