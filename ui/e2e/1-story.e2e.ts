import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Cable, launch, Window, World } from './world';

const NAME = 'events → lake';
const RUN_TIME = 90_000;

/** The whole life of an export, as a person lives it, against the real server and real runs. */
describe('the story of an export', () => {
  const world = new World(inject('installation'));
  const { installation } = world;
  const cable = new Cable(new URL(installation.s3_endpoint));
  let browser: Browser;
  let window: Window;
  let page: Page;

  beforeAll(async () => {
    await cable.plug();
    await world.events(3, 600);
    browser = await launch();
    window = await Window.open(browser, installation.api_url);
    page = window.page;
  });

  afterAll(async () => {
    await browser?.close();
    await cable.unplug();
    await world.close();
  });

  it('signs in by the link that was printed, once', async () => {
    await page.goto(installation.signInLink);
    await page.getByRole('heading', { name: 'No export yet' }).waitFor();
    expect(page.url()).not.toContain('code=');
    const cookie = (await window.context.cookies()).find(({ name }) => name === 'batch_exports_session');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });

    const other = await Window.open(browser, installation.api_url);
    await other.page.goto(installation.signInLink);
    await other.page.getByText('was used already').waitFor();
    await other.close();
  });

  it('says what is wrong with the secret, and passes once it is mended', async () => {
    await page.getByRole('link', { name: 'New export' }).first().click();
    await page.getByLabel('Name').fill(NAME);
    await page.getByRole('button', { name: 'Next: Destination' }).click();
    await page.getByRole('radio', { name: 'S3' }).check();
    await page.getByLabel('Bucket').fill(installation.s3_bucket);
    await page.locator('[name=region]').fill(installation.s3_region);
    await page.locator('[name=prefix]').fill('story/{year}/{month}/{day}');
    await page.locator('[name=endpoint_url]').fill(cable.url);
    await page.locator('[name=aws_access_key_id]').fill(installation.s3_access_key_id);
    await page.locator('[name=aws_secret_access_key]').fill('a-wrong-secret');
    await page.locator('[name=file_format]').selectOption('Parquet');
    await page.getByRole('button', { name: 'Test connection' }).click();
    const failed = page.locator('.steps li.Failed');
    await failed.waitFor();
    expect(await failed.textContent()).toMatch(/secret/i);
    await window.screenshot('story-1-wrong-secret');

    await page.locator('[name=aws_secret_access_key]').fill(installation.s3_secret_access_key);
    await page.getByRole('button', { name: 'Test again' }).click();
    await page.getByText('Everything works.').waitFor();
    expect(await failed.count()).toBe(0);
  });

  it('previews the schedule in both zones and creates the export', async () => {
    await page.getByRole('button', { name: 'Next: Schedule' }).click();
    const start = new Date(Date.now() - 3 * 3_600_000).toISOString().slice(0, 13);
    await page.getByLabel('Start, UTC').fill(`${start}:00`);
    await page.getByLabel('Settle delay').fill('0');
    const next = page.locator('section', { has: page.getByRole('heading', { name: 'Next five intervals' }) });
    expect(await next.locator('li').count()).toBe(5);
    expect(await next.textContent()).toMatch(/UTC.*runs .*CE(S)?T/);
    await page.getByRole('button', { name: 'Next: Review' }).click();
    expect(await page.locator('pre.code').textContent()).not.toContain(installation.s3_secret_access_key);
    await page.getByRole('button', { name: 'Create export' }).click();
    await page.getByRole('heading', { name: NAME, level: 1 }).waitFor();
  });

  it('sees the scheduled runs complete, without reloading', async () => {
    const completed = page.locator('.vrow.runs', { hasText: 'Completed' }).filter({ hasText: 'Schedule' });
    await completed.first().waitFor({ timeout: RUN_TIME });
    await page.locator('.cell.completed[role=gridcell]').first().waitFor();
    await page.getByText('Live ·').waitFor();
  });

  it('backfills two days, with the plan before', async () => {
    await page.getByRole('button', { name: 'Create historic export' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: '2 days' }).click();
    await dialog.getByLabel('Runs at once').fill('4');
    const start = dialog.getByRole('button', { name: /^Start 4\d runs$/ });
    await start.waitFor();
    expect(await dialog.locator('.code').textContent()).toMatch(/^bx backfill create 'events → lake' --start \S+Z --end \S+Z --scope all --concurrency 4$/);
    await window.axe('the backfill dialog');
    await window.screenshot('story-2-backfill', false);
    await start.click();
    await page.waitForURL(/\/backfills$/);
    await page.locator('.table .state', { hasText: 'Completed' }).waitFor({ timeout: RUN_TIME });
    expect(await page.locator('.table').textContent()).toMatch(/(\d+) of \1 runs/);
  });

  it('shows a run that waits while S3 is away, and completes once it is back', async () => {
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await page.locator('.vrow.runs', { hasText: 'Completed' }).first().getByRole('link').click();
    await page.getByRole('button', { name: 'Export again' }).waitFor();
    await cable.unplug();
    await page.getByRole('button', { name: 'Export again' }).click();
    await page.locator('.head .state', { hasText: 'Retrying' }).waitFor({ timeout: RUN_TIME });
    expect(await page.locator('.callout.warn').textContent()).toMatch(/tried again/);
    await window.screenshot('story-3-retrying');

    await cable.plug();
    await page.locator('.head .state', { hasText: 'Completed' }).waitFor({ timeout: RUN_TIME });
    await page.getByText('A retry').waitFor();
  });

  it('shows the files, the counts and the log of the run', async () => {
    const files = page.locator('section', { has: page.getByRole('heading', { name: 'Files' }) });
    await files.getByText('.parquet').first().waitFor();
    expect(await files.textContent()).toMatch(/story\/\d{4}\/\d\d\/\d\d\//);
    await page.getByText('counted = written').waitFor();
    await page.locator('.log .line', { hasText: 'Verified' }).waitFor();
    await page.getByLabel('Search the log').fill('committed');
    await expect.poll(() => page.locator('.log .line').count()).toBe(1);
    await window.screenshot('story-4-completed');
  });

  it('exports a run again with one click', async () => {
    const before = page.url();
    await page.getByRole('button', { name: 'Export again' }).click();
    await page.waitForURL((url) => url.href !== before);
    await page.locator('.head .state', { hasText: 'Completed' }).waitFor({ timeout: RUN_TIME });
  });

  it('changes the configuration, keeping the secret', async () => {
    await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: NAME }).click();
    await page.getByRole('link', { name: 'Configuration' }).click();
    await page.locator('[name=compression]').selectOption('snappy');
    await page.getByText('Changed: destination').waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByText('Everything works.').waitFor();
  });

  it('pauses, and deletes only after the name was typed', async () => {
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.locator('.head .state', { hasText: 'Paused' }).waitFor();
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('What was exported stays at the destination.').waitFor();
    await window.axe('the delete dialog');
    await dialog.getByRole('button', { name: 'Delete export' }).click({ force: true });
    expect(await dialog.isVisible()).toBe(true);
    await dialog.getByLabel(/^Type/).fill(NAME);
    await dialog.getByRole('button', { name: 'Delete export' }).click();
    await page.getByRole('heading', { name: 'No export yet' }).waitFor();
  });

  it('made no complaint, and asked nobody else for anything', () => {
    expect(window.complaints).toEqual([]);
  });
});
