/** A restore into a store of its own, which nobody uses: whether a state can be restored, and what it then holds. */
import { readSnapshot } from './snapshot.ts';

/** Rows of each table that has any. Rejects with SnapshotError. */
export async function scratchRestore(stream: AsyncIterable<Uint8Array>): Promise<Readonly<Record<string, number>>> {
  const { state } = await readSnapshot(stream);
  const counts: Record<string, number> = {};
  for (const [name, { rows }] of Object.entries(state.tables)) if (rows.size > 0) counts[name] = rows.size;
  return counts;
}
