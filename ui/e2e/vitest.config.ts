import { defineConfig } from 'vitest/config';

/** One story after the other, against one real server. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    environment: 'node',
    include: ['e2e/**/*.e2e.ts'],
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 120_000,
    hookTimeout: 240_000,
    bail: 0,
    globalSetup: ['e2e/installation.ts'],
    reporters: ['default', ['junit', { outputFile: 'target/surefire-reports/TEST-e2e.xml' }]],
  },
});
