import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { UsageCount } from '../../../src/cli/usage-count.ts';
import { inspectState, readArchive, readState } from '../../../src/snapshot/index.ts';

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

it('usage counts what the records of a real archive come to', async () => {
  const bytes = readFileSync(new URL('../../data/vectors/snapshots/plain.snap', import.meta.url));
  const archive = await readArchive(once(bytes));
  const count = new UsageCount();
  for await (const record of (await readState(archive.state)).records) count.add(record);
  const { usage } = count;
  const { types } = await inspectState(await readState(archive.state), { kvDepth: 2, kvPrefix: '' });
  const counted = (name: string) => types.find((type) => type.name === name)?.count;
  expect(usage.Nodes + usage.ServiceInstances + usage.Checks).toBe(counted('Register'));
  expect(usage).toMatchObject({
    Keys: counted('KVS'),
    Sessions: counted('Session'),
    PreparedQueries: counted('PreparedQuery'),
    ConfigEntries: counted('ConfigEntry'),
    Tokens: 0,
  });
  expect(usage.Services).toBeLessThanOrEqual(usage.ServiceInstances);
  expect(usage.KeyBytes).toBeGreaterThan(300);
  await archive.dispose();
});
