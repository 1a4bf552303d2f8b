import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launch, Window, World } from './world';

const PROJECT = 4711;
const USABLE = 1_500;

/** 500 exports, one of them with 10,000 runs, put straight into the database. */
describe('a big installation', () => {
  const world = new World(inject('installation'));
  let browser: Browser;
  let window: Window;
  let big = '';

  beforeAll(async () => {
    const { installation } = world;
    const config = { bucket_name: installation.s3_bucket, aws_access_key_id: 'nobody', aws_secret_access_key: 'nothing', endpoint_url: installation.s3_endpoint };
    const created = await world.api<{ id: string }>('POST', `/api/projects/${PROJECT}/batch_exports/`, {
      name: 'the pattern', model: 'events', destination: { type: 'S3', config }, interval: 'week', paused: true,
    });
    const columns = (await world.sql(`select column_name from information_schema.columns where table_name = 'batch_exports' order by ordinal_position`)).rows
      .map((row: { column_name: string }) => row.column_name)
      .filter((name: string) => !['id', 'name', 'created_at', 'frequency'].includes(name));
    const copied = columns.join(', ');
    await world.sql(
      `insert into batch_exports (id, name, created_at, frequency, ${copied})
       select gen_random_uuid(), 'export ' || n, now() - interval '430 days' - n * interval '1 second',
           case when n = 500 then 'hour' else 'week' end, ${copied}
       from batch_exports, generate_series(2, 500) as n where id = $1`,
      [created.id],
    );
    big = (await world.sql(`select id from batch_exports where project_id = $1 and frequency = 'hour'`, [PROJECT])).rows[0].id as string;
    await world.sql(
      `insert into runs (id, batch_export_id, trigger, status, data_interval_start, data_interval_end, scheduled_at, export_version,
           records_completed, records_total_count, bytes_exported, files_count, workflow_id, workflow_run_id, created_at, started_at, finished_at, last_updated_at)
       select gen_random_uuid(), e.id, 'schedule', case when n % 97 = 0 then 'Failed' else 'Completed' end, at - step, at, at, 1,
           1000 + n, 1000 + n, 100000 + n, 1, e.id || '-' || at, 'x', at, at + interval '31 seconds', at + interval '1 minute', at + interval '1 minute'
       from batch_exports e,
           lateral (select case when e.frequency = 'hour' then interval '1 hour' else interval '7 days' end as step) as s,
           generate_series(0, case when e.frequency = 'hour' then 9999 else 39 end) as n,
           lateral (select case when e.frequency = 'hour' then date_trunc('hour', now()) - n * step
               else date_trunc('week', now() + interval '1 day') - interval '1 day' - n * step end as at) as t
       where e.project_id = $1`,
      [PROJECT],
    );
    await world.sql('analyze runs');
    await world.sql('analyze batch_exports');
    browser = await launch();
    window = await Window.open(browser, installation.api_url);
    await window.page.goto('/sign-in');
    await window.page.getByLabel('API token').fill(installation.api_token);
    await window.page.getByRole('button', { name: 'Sign in' }).click();
    await window.page.getByRole('heading', { level: 1, name: 'Exports', exact: true }).waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await world.close();
  });

  /** From the click on the link to the content, as the page's own clock has it; the best of some tries, since others use this machine too. */
  async function best(page: Page, path: string, selector: string): Promise<number> {
    const times: number[] = [];
    for (let attempt = 0; attempt < 4 && (times.length === 0 || Math.min(...times) > USABLE); attempt++) {
      await page.goto(path, { waitUntil: 'commit' });
      times.push(
        await page.evaluate(
          (wanted) =>
            new Promise<number>((resolve, reject) => {
              const look = () => {
                if (document.querySelector(wanted)) {
                  requestAnimationFrame(() => resolve(performance.now()));
                } else if (performance.now() > 20_000) {
                  reject(new Error(`${location.href} has no ${wanted} after 20 s`));
                } else {
                  requestAnimationFrame(look);
                }
              };
              look();
            }),
          selector,
        ),
      );
    }
    return Math.min(...times);
  }

  it('lists 500 exports within 1.5 s', async () => {
    const { page } = window;
    expect(await best(page, `/projects/${PROJECT}/exports`, '.vrow.exports .strip i.completed')).toBeLessThan(USABLE);
    await page.getByText('500 exports').waitFor();
    expect(await page.locator('.vrow.exports').count()).toBeLessThan(60);
  });

  it('shows an export with 10,000 runs within 1.5 s, and all of them on scrolling', async () => {
    const { page } = window;
    expect(await best(page, `/projects/${PROJECT}/exports/${big}`, '.vrow.runs .state')).toBeLessThan(USABLE);
    expect(await best(page, `/projects/${PROJECT}/exports/${big}`, '.cell.completed')).toBeLessThan(USABLE);
    await page.goto(`/projects/${PROJECT}/exports/${big}/runs`);
    const table = page.getByRole('region', { name: 'Runs, scrollable' });
    await table.waitFor();
    await table.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.getByText(/Runs · (2|3)\d\d and more/).waitFor();
    expect(await page.locator('.vrow.runs').count()).toBeLessThan(80);
    expect(window.complaints.filter((complaint) => !complaint.includes('401'))).toEqual([]);
  });
});
