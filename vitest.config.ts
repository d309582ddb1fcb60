import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Pure unit tests share threads; what opens ports or starts processes gets a process of its own.
export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    // Most of the time agents wait for each other: two files at a time do not disturb one another on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { extends: true, test: { name: 'tidy', include: ['test/tidy.test.ts'], pool: 'threads' } },
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'], pool: 'threads', testTimeout: 30_000 },
      },
      {
        extends: true,
        test: { name: 'sim', include: ['test/sim/**/*.test.ts'], pool: 'threads', testTimeout: 300_000 },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.{ts,tsx}'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
