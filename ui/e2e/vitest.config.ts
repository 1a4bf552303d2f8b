import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** By name: the first story begins with an empty project. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((one, other) => one.moduleId.localeCompare(other.moduleId));
  }
}

/** One story after the other, against one real server. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    environment: 'node',
    include: ['e2e/**/*.e2e.ts'],
    fileParallelism: false,
    sequence: { concurrent: false, sequencer: InOrder },
    testTimeout: 120_000,
    hookTimeout: 240_000,
    bail: 0,
    globalSetup: ['e2e/installation.ts'],
    reporters: ['default', ['junit', { outputFile: 'target/surefire-reports/TEST-e2e.xml' }]],
  },
});
