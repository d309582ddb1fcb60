/** Before the secure suite: one authority, one gossip key and one management token for all of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secureIn, secureSuite } from './security.ts';

export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'tc-secure-suite-'));
  secureSuite(await secureIn(directory));
  return () => rm(directory, { recursive: true, force: true });
}
