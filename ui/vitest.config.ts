import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.{ts,tsx}'],
    reporters: ['default', ['junit', { outputFile: 'target/surefire-reports/TEST-ui.xml' }]],
  },
});
