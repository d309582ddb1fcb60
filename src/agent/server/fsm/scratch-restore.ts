/** A restore into a store of its own, which nobody uses: whether a state can be restored, and what it then holds. */
import type { State } from '../../state/store.ts';
import type { Chunk } from './chunks.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** Rows of each table that has any. Rejects with SnapshotError. */
export async function scratchRestore(stream: AsyncIterable<Uint8Array>): Promise<Readonly<Record<string, number>>> {
  return countsOf((await readSnapshot(stream)).state);
}

/** The same, and the state as this version writes it. */
export async function scratchRoundTrip(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly tables: Readonly<Record<string, number>>; readonly written: AsyncIterable<Uint8Array> }> {
  const { state, chunks }: { state: State; chunks: readonly Chunk[] } = await readSnapshot(stream);
  return { tables: countsOf(state), written: writeSnapshot(state, chunks) };
}

function countsOf(state: State): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, { rows }] of Object.entries(state.tables)) if (rows.size > 0) counts[name] = rows.size;
  return counts;
}
