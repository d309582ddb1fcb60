import { defineConfig } from 'vitest/config';

/** `npm run test:secure`: the end-to-end tests again, with every agent as it should be run (test/e2e/security.ts). */
export default defineConfig({
  test: {
    name: 'e2e-secure',
    include: ['test/e2e/**/*.test.{ts,tsx}'],
    setupFiles: ['test/setup.ts'],
    globalSetup: ['test/e2e/secure-setup.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
