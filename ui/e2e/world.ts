import axeCore from 'axe-core';
import { mkdirSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Installation } from './installation';

export const SCREENSHOTS = join(import.meta.dirname, '..', 'target', 'screenshots');

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--force-color-profile=srgb',
    ],
  });
}

/** Pages whose console errors, failed scripts and requests to others are collected. */
export class Window {
  readonly complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(browser: Browser, url: string, options: { width?: number; dark?: boolean } = {}): Promise<Window> {
    const context = await browser.newContext({
      baseURL: url,
      viewport: { width: options.width ?? 1440, height: 900 },
      colorScheme: options.dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      timezoneId: 'Europe/Berlin',
      locale: 'en-GB',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const window = new Window(context, page);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        window.complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`);
      }
    });
    page.on('pageerror', (error) => window.complaints.push(`page error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) {
        window.complaints.push(`request to another: ${request.url()}`);
      }
    });
    return window;
  }

  async signIn(token: string): Promise<void> {
    await this.page.goto('/sign-in');
    await this.page.getByLabel('API token').fill(token);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('heading', { level: 1, name: 'Exports', exact: true }).waitFor();
  }

  /** What the browser says of answers that were expected to refuse. */
  forgive(pattern: RegExp): void {
    const left = this.complaints.filter((complaint) => !pattern.test(complaint));
    this.complaints.splice(0, this.complaints.length, ...left);
  }

  async axe(what: string): Promise<void> {
    await this.page.evaluate(axeCore.source);
    const violations = await this.page.evaluate(async () => {
      const run = (window as unknown as { axe: { run: (context: unknown, options: unknown) => Promise<{ violations: { id: string; help: string; nodes: { target: string[]; failureSummary: string }[] }[] }> } }).axe.run;
      const found = await run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] } });
      return found.violations.map((violation) => `${violation.id}: ${violation.help}\n  ${violation.nodes.slice(0, 3).map((node) => `${node.target.join(' ')}: ${node.failureSummary.replaceAll('\n', ' ')}`).join('\n  ')}`);
    });
    expect(violations, `accessibility of ${what}`).toEqual([]);
  }

  async screenshot(name: string, fullPage = true): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage, animations: 'disabled' });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

/** A way to the S3 server that can be cut: for whoever goes this way the server is stopped. */
export class Cable {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private port = 0;

  constructor(private readonly target: URL) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  plug(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server = createServer((client) => {
        const upstream = connect(Number(this.target.port), this.target.hostname);
        for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
          this.sockets.add(one);
          one.pipe(other);
          one.on('error', () => other.destroy());
          one.on('close', () => {
            this.sockets.delete(one);
            other.destroy();
          });
        }
      });
      this.server.once('error', reject);
      this.server.listen(this.port, '127.0.0.1', () => {
        const address = this.server?.address();
        this.port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve();
      });
    });
  }

  unplug(): Promise<void> {
    return new Promise((resolve) => {
      this.server?.close(() => resolve());
      this.sockets.forEach((socket) => socket.destroy());
    });
  }
}

/** Waits until something is so, for what has to be before any test begins. */
export async function until(what: string, holds: () => Promise<boolean>, seconds = 120): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  while (!(await holds())) {
    if (Date.now() > end) {
      throw new Error(`${what}: not so after ${seconds} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** What is at hand around the browser. */
export class World {
  private readonly pool: pg.Pool;

  constructor(readonly installation: Installation) {
    const database = new URL(installation.database_url.replace(/^jdbc:/, ''));
    this.pool = new pg.Pool({
      host: database.hostname,
      port: Number(database.port),
      database: database.pathname.slice(1),
      user: installation.database_user,
      password: installation.database_password,
      max: 2,
      statement_timeout: 60_000,
    });
  }

  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.installation.api_url + path, {
      method,
      headers: { Authorization: `Bearer ${this.installation.api_token}`, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  async clickhouse(sql: string): Promise<string> {
    const { clickhouse_url, clickhouse_database, clickhouse_user, clickhouse_password } = this.installation;
    const response = await fetch(`${clickhouse_url}/?database=${encodeURIComponent(clickhouse_database)}`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': clickhouse_user, 'X-ClickHouse-Key': clickhouse_password },
      body: sql,
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(text);
    }
    return text;
  }

  /** Events of project 1 that landed evenly within the past days, and go on to: more lie within the next minutes. */
  async events(days: number, perHour: number): Promise<void> {
    await this.clickhouse(`
      CREATE TABLE IF NOT EXISTS events (
          uuid UUID, event String, distinct_id String, person_id UUID, properties String, person_properties String,
          elements_chain String, timestamp DateTime64(6, 'UTC'), created_at DateTime64(6, 'UTC'), team_id Int64,
          inserted_at DateTime64(6, 'UTC'))
      ENGINE = MergeTree ORDER BY (team_id, inserted_at, uuid)`);
    const seconds = days * 86_400 + 900;
    const rows = Math.round((seconds / 3600) * perHour);
    await this.clickhouse(`
      INSERT INTO events SELECT generateUUIDv4(), ['pageview', 'click', 'signup'][1 + number % 3], toString(number % 97),
          generateUUIDv4(), concat('{"n":', toString(number), ',"path":"/products/', toString(number % 31), '"}'), '{}', '', t, t, 1, t
      FROM (SELECT number, toDateTime64(now() - ${days * 86_400} + intDiv(number * ${seconds}, ${rows}), 6, 'UTC') AS t FROM numbers(${rows}))`);
  }

  async sql(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    return this.pool.query(text, values);
  }

  /** A token that may only read. */
  async readOnlyToken(): Promise<string> {
    const token = `bxt_${randomBytes(24).toString('base64url')}`;
    await this.sql(
      `insert into api_tokens (id, name, project_id, scopes, hash, created_at) values (gen_random_uuid(), 'reader', null, '{batch_export:read}', $1, now())`,
      [createHash('sha256').update(token).digest()],
    );
    return token;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
