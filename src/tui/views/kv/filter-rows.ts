/** Rows of the KV tree that pass a filter, with the folders they are in. Note rows stay: they say why there is nothing. */
import { parseFilter } from '../../filter.ts';
import type { KvRow } from '../../models/kv.ts';

export function filterRows(rows: readonly KvRow[], text: string): readonly KvRow[] {
  const passes = parseFilter(text);
  if (passes === undefined) return rows;
  const kept: KvRow[] = [];
  // Folders that hold what comes next, outermost first; they are kept only when something in them is.
  let pending: KvRow[] = [];
  for (const row of rows) {
    pending = pending.filter((folder) => folder.depth < row.depth);
    if (row.kind === 'note' || passes({ text: row.key })) {
      kept.push(...pending, row);
      pending = [];
    } else if (row.kind === 'folder' && row.open) {
      pending.push(row);
    }
  }
  return kept;
}
