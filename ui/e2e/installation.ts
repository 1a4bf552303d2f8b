import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** The addresses and credentials of what `./bx dev` has started. */
export interface Installation {
  api_url: string;
  api_token: string;
  clickhouse_url: string;
  clickhouse_user: string;
  clickhouse_password: string;
  clickhouse_database: string;
  s3_endpoint: string;
  s3_region: string;
  s3_access_key_id: string;
  s3_secret_access_key: string;
  s3_bucket: string;
  database_url: string;
  database_user: string;
  database_password: string;
  signInLink: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    installation: Installation;
  }
}

/** Starts the product as a person does, with a folder of its own, and ends it afterwards. */
export default async function setup(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'batch-exports-e2e-'));
  const server = spawn(process.env['BX_LAUNCHER'] ?? join(import.meta.dirname, '..', '..', 'bx'), ['dev', '--data-dir', folder], {
    env: {
      ...process.env,
      BX_HTTP_PORT: String(await freePort()),
      BX_LIMITS_ALLOW_SHORT_INTERVALS: 'true',
      BX_LIMITS_ALLOW_QUERY_MODELS: 'true',
      BX_DATA_DIR: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const signInLink = await linkOf(server);
    const connections = JSON.parse(readFileSync(join(folder, 'connection.json'), 'utf8')) as Omit<Installation, 'signInLink'>;
    project.provide('installation', { ...connections, signInLink });
  } catch (error) {
    server.kill('SIGTERM');
    throw error;
  }
  return async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
}

function linkOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const link = /http:\/\/\S+\/sign-in#code=\S+/.exec(output);
      if (link && output.includes('Press Ctrl-C')) {
        resolve(link[0]);
      }
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.once('exit', (code) => reject(new Error(`bx dev ended with status ${code}:\n${output}`)));
    setTimeout(() => reject(new Error(`bx dev is not ready after 3 minutes:\n${output}`)), 180_000).unref();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createServer();
    socket.once('error', reject);
    socket.listen(0, '127.0.0.1', () => {
      const address = socket.address();
      socket.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
