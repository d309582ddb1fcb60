/** Programs that others wrote and these tests need. CI has them all; elsewhere a test says what is missing and does not run. */
import { existsSync } from 'node:fs';
import type { TestContext } from 'vitest';

export const programs = {
  haproxy: { path: '/usr/sbin/haproxy', package: 'haproxy' },
  patroni: { path: '/usr/lib/python3/dist-packages/patroni/dcs/consul.py', package: 'patroni' },
  python: { path: '/usr/lib/python3/dist-packages/consul', package: 'python3-consul' },
  unbound: { path: '/usr/sbin/unbound', package: 'unbound' },
} as const;

export const isThere = (name: keyof typeof programs): boolean => existsSync(programs[name].path);

/** Ends the test where the program is missing: as skipped, or as failed where nothing may be missing. */
export function demand(test: TestContext, name: keyof typeof programs): void {
  if (isThere(name)) return;
  const { path, package: debian } = programs[name];
  const why = `${path} is missing: apt-get install ${debian}`;
  if (process.env['CI'] !== undefined) throw new Error(why);
  return test.skip(why);
}
