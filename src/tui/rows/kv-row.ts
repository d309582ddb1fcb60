/** A row of the KV tree. */
import { count } from '../format.ts';
import type { KvRow } from '../models/kv.ts';
import { type Line, sanitize, span } from '../text.ts';
import { signs } from '../theme.ts';

/** `children`: names directly below an open folder. */
export function kvRow(row: KvRow, children: number | undefined): Line {
  const indent = span('  '.repeat(row.depth));
  switch (row.kind) {
    case 'folder':
      return [
        indent,
        span(`${row.open ? signs.open : signs.closed} `, 'accent'),
        span(sanitize(row.name), 'accent', { bold: true }),
        span(row.open && children !== undefined ? ` ${count(children)}` : '', 'muted'),
      ];
    case 'key':
      return [indent, span('  '), span(sanitize(row.name))];
    case 'note':
      return [indent, span('  '), span(sanitize(row.name), 'muted')];
  }
}
