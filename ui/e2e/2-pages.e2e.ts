import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newSecret } from '../src/pages/settings/webhook';
import { launch, until, Window, World } from './world';

interface Listed<T> {
  results: T[];
}

const WEBHOOKS = '/api/projects/1/webhooks/';
const LONG = `${'everything that happens in the shop, '.repeat(3)}for the people of the warehouse → cold storage`;

/** Every page in both themes, wide and narrow. */
describe('every page', () => {
  const world = new World(inject('installation'));
  const { installation } = world;
  const base = '/api/projects/1/batch_exports/';
  let browser: Browser;
  let lake = '';
  let run = '';
  let failedRun = '';
  let webhook = '';

  const destination = (changes: Record<string, unknown> = {}) => ({
    type: 'S3',
    config: {
      bucket_name: installation.s3_bucket,
      region: installation.s3_region,
      endpoint_url: installation.s3_endpoint,
      aws_access_key_id: installation.s3_access_key_id,
      aws_secret_access_key: installation.s3_secret_access_key,
      file_format: 'Parquet',
      prefix: 'pages/{year}/{month}/{day}',
      ...changes,
    },
  });
  const create = async (name: string, changes: Record<string, unknown>) =>
    (await world.api<{ id: string }>('POST', base, { name, model: 'events', destination: destination(), interval: 'hour', settle_seconds: 0, ...changes })).id;
  const runsOf = async (id: string, status: string) => (await world.api<Listed<{ id: string }>>('GET', `${base}${id}/runs/?status=${status}`)).results;

  beforeAll(async () => {
    await world.events(3, 600);
    const hours = (count: number) => new Date(Date.now() - count * 3_600_000).toISOString();
    lake = await create('events → lake', { start_at: hours(30) });
    const broken = await create('events → archive', { start_at: hours(8), destination: destination({ aws_secret_access_key: 'wrong' }) });
    await create('events → warehouse', { interval: 'day', timezone: 'Europe/Berlin', offset_hour: 2, start_at: hours(80) });
    await create('clicks, every 15 minutes', { interval: 'every 15 minutes', include_events: ['click'], start_at: hours(2) });
    const paused = await create('signups → marketing', { include_events: ['signup'] });
    await world.api('POST', `${base}${paused}/pause/`);
    await create(LONG, { model: 'events', paused: true, destination: destination({ prefix: `${'a-long-folder/'.repeat(8)}{year}` }) });
    webhook = (await world.api<{ id: string }>('POST', WEBHOOKS, { name: 'on-call', url: 'http://127.0.0.1:9/hooks/batch-exports', secret: newSecret(), events: ['batch_export.failing', 'batch_export.recovered'] })).id;
    await world.api('POST', WEBHOOKS, { url: `https://hooks.example.com/${'services/'.repeat(9)}T0001`, secret: newSecret(), enabled: false, batch_export_id: lake });
    await world.api('POST', `${WEBHOOKS}${webhook}/test/`);
    await until('28 runs are completed', async () => (await runsOf(lake, 'Completed')).length >= 28);
    await until('6 runs have failed', async () => (await runsOf(broken, 'Failed')).length >= 6);
    run = (await runsOf(lake, 'Completed'))[0]!.id;
    failedRun = `${broken}/runs/${(await runsOf(broken, 'Failed'))[0]!.id}`;
    const end = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
    const backfill = await world.api<{ id: string }>('POST', `${base}${lake}/backfills/`, {
      start_at: new Date(end.getTime() - 50 * 3_600_000).toISOString(), end_at: new Date(end.getTime() - 40 * 3_600_000).toISOString(), scope: 'all', concurrency: 4,
    });
    await until('the backfill is completed', async () => (await world.api<{ status: string }>('GET', `${base}${lake}/backfills/${backfill.id}/`)).status === 'Completed');
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await world.close();
  });

  interface Place {
    name: string;
    path: () => string;
    ready: (page: Page) => Promise<void>;
    /** Made of what other pages are made of: seen wide and light, and narrow and dark. */
    plain?: true;
  }
  const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor();
  const at = (tab = '') => () => `/projects/1/exports/${lake}${tab}`;
  const places: Place[] = [
    { name: 'exports', path: () => '/projects/1/exports', ready: text('signups → marketing') },
    { name: 'exports-none-match', path: () => '/projects/1/exports?q=nothing-like-this', ready: text('No export matches') },
    { name: 'export', path: at(), ready: (page) => page.locator('.vrow.runs').first().waitFor() },
    { name: 'export-runs', path: at('/runs'), ready: (page) => page.locator('.vrow.runs').first().waitFor() },
    { name: 'export-backfills', path: at('/backfills'), ready: (page) => page.locator('.table .state').first().waitFor() },
    { name: 'export-metrics', path: at('/metrics'), ready: (page) => page.locator('canvas').nth(3).waitFor() },
    { name: 'export-logs', path: at('/logs'), ready: (page) => page.locator('.log .line').first().waitFor() },
    { name: 'export-configuration', path: at('/configuration'), ready: text('Next five intervals') },
    { name: 'export-yaml', path: at('/configuration?view=yaml'), ready: (page) => page.getByLabel('The export as YAML').waitFor() },
    { name: 'export-history', path: at('/history'), ready: text('How the configuration has changed') },
    { name: 'export-backfill', path: at('?backfill=new'), ready: (page) => page.getByRole('button', { name: /^Start \d+ runs?$/ }).waitFor() },
    { name: 'export-failing', path: () => `/projects/1/exports/${failedRun.split('/')[0]}`, ready: text('Re-run') },
    { name: 'run', path: () => `/projects/1/exports/${lake}/runs/${run}`, ready: (page) => page.locator('.log .line').first().waitFor() },
    { name: 'run-failed', path: () => `/projects/1/exports/${failedRun}`, ready: (page) => page.locator('.callout').first().waitFor() },
    { name: 'new-model', path: () => '/projects/1/exports/new', ready: text('How rows are chosen') },
    { name: 'new-destination', path: () => '/projects/1/exports/new?step=destination', ready: text('Connection test') },
    { name: 'new-schedule', path: () => '/projects/1/exports/new?step=schedule', ready: text('Next five intervals') },
    { name: 'new-review', path: () => '/projects/1/exports/new?step=review', ready: text('Next five intervals') },
    { name: 'exports-empty', path: () => '/projects/77/exports', ready: text('No export yet'), plain: true },
    { name: 'export-unknown', path: () => '/projects/1/exports/00000000-0000-4000-8000-000000000000', ready: text('This export cannot be shown'), plain: true },
    { name: 'settings-tokens', path: () => '/projects/1/settings', ready: (page) => page.locator('td .state').first().waitFor() },
    { name: 'settings-webhooks', path: () => `/projects/1/settings/webhooks?webhook=${webhook}`, ready: (page) => page.locator('td .state', { hasText: 'Failed' }).waitFor() },
    { name: 'system', path: () => '/system', ready: (page) => page.locator('td .state').nth(3).waitFor() },
  ];

  for (const [width, dark] of [[1440, false], [1440, true], [900, false], [900, true]] as const) {
    const look = `${width}-${dark ? 'dark' : 'light'}`;
    it(`is accessible, quiet and whole at ${width} pixels in the ${dark ? 'dark' : 'light'} theme`, async () => {
      const window = await Window.open(browser, installation.api_url, { width, dark });
      await window.page.goto('/sign-in');
      await window.page.getByLabel('API token').waitFor();
      await window.axe('sign-in');
      await window.screenshot(`sign-in-${look}`);
      await window.signIn(installation.api_token);
      window.forgive(/401/); // nobody was signed in when the page asked
      for (const place of places.filter(({ plain }) => !plain || dark === (width === 900))) {
        await window.page.goto(place.path());
        await place.ready(window.page).catch(async (error: unknown) => {
          await window.screenshot(`not-ready-${place.name}-${look}`);
          throw new Error(`${place.name} ${look} is not ready; the console says: ${window.complaints.join('; ') || 'nothing'}`, { cause: error });
        });
        await window.axe(`${place.name} ${look}`);
        await window.screenshot(`${place.name}-${look}`);
        const wider = await window.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(wider, `${place.name} ${look} scrolls sideways`).toBeLessThanOrEqual(0);
      }
      window.forgive(/status of 404/); // of the export that is not there
      expect(window.complaints).toEqual([]);
      await window.close();
    });
  }

  it('is driven by the keyboard', async () => {
    const window = await Window.open(browser, installation.api_url);
    const { page } = window;
    await window.signIn(installation.api_token);
    await page.getByText('Live ·').waitFor(); // by then it listens to keys as well
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search' }).fill('lake');
    await window.axe('the palette');
    await window.screenshot('palette-1440-light', false);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'events → lake' }).waitFor();

    const completed = page.locator('.cell.completed[role=gridcell]').first();
    await completed.focus();
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.getByText('3 intervals chosen').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\//);

    await page.goto('/projects/1/exports');
    await page.getByText('signups → marketing').waitFor();
    await page.getByText('Live ·').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('signups');
    await page.waitForURL(/q=signups/);
    await expect.poll(() => page.locator('.vrow.exports').count()).toBe(1);
    await window.close();
  });

  it('pauses and resumes many at once, by what is in the address', async () => {
    const window = await Window.open(browser, installation.api_url);
    const { page } = window;
    await window.signIn(installation.api_token);
    await page.goto('/projects/1/exports?show=healthy');
    await page.getByLabel('Choose all').check();
    await page.getByRole('button', { name: /^Pause \d/ }).click();
    await page.getByText('No export matches').waitFor();
    await page.goto('/projects/1/exports?show=paused');
    await page.getByLabel('Choose events → lake').check();
    await page.getByRole('button', { name: /^Resume 1/ }).click();
    await page.getByText('1 export resumed.').waitFor();
    await window.close();
  });

  it('shows a reader everything, and closes actions with the reason', async () => {
    const window = await Window.open(browser, installation.api_url);
    const { page } = window;
    await window.signIn(await world.readOnlyToken());
    await page.getByText('read only').waitFor();
    await page.goto(`/projects/1/exports/${lake}`);
    const pause = page.getByRole('button', { name: 'Pause', exact: true });
    await pause.waitFor();
    expect(await pause.getAttribute('aria-disabled')).toBe('true');
    await pause.focus();
    await page.getByText('Your token may only read.').first().waitFor();
    await page.goto(`/projects/1/exports/${lake}/runs/${run}`);
    expect(await page.getByRole('button', { name: 'Export again' }).getAttribute('aria-disabled')).toBe('true');
    await window.axe('a run, for a reader');
    await window.close();
  });

  it('falls back to polling, says when the server is away, and finds it again', async () => {
    const window = await Window.open(browser, installation.api_url);
    const { page } = window;
    await page.route('**/events/', (route) => route.abort());
    await window.signIn(installation.api_token);
    await page.getByText('Updates every 5 s').waitFor();
    await window.context.setOffline(true);
    await page.getByRole('alert').getByText('The server does not answer').waitFor();
    await window.screenshot('offline-1440-light', false);
    await window.context.setOffline(false);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await window.close();
  });

  it('ends a session, and comes back to the same place', async () => {
    const window = await Window.open(browser, installation.api_url);
    const { page } = window;
    await window.signIn(installation.api_token);
    await page.goto(`/projects/1/exports/${lake}/metrics?days=7`);
    await page.locator('canvas').first().waitFor();
    await world.sql('delete from sessions');
    await page.reload();
    await page.getByLabel('API token').fill(installation.api_token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/metrics\?days=7/);
    await window.close();
  });
});
