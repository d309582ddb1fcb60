/** Where in a list the cursor is, for a frame's border: `12/345`. */
import { count } from '../format.ts';
import type { ListState } from '../list.ts';
import { type Line, span } from '../text.ts';

export function positionNote({ rows, index }: ListState<unknown>): Line {
  if (rows.length === 0) return [];
  return [span(`${count(index + 1)}/${count(rows.length)}`, 'muted')];
}
