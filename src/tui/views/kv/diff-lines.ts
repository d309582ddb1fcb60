/** A difference as lines of a screen: a sign before each, so that colours are not needed. */
import { type Line, sanitize, span, wrap } from '../../text.ts';
import type { DiffLine } from './diff.ts';

const looks = {
  same: { sign: '  ', tone: 'plain' },
  added: { sign: '+ ', tone: 'good' },
  removed: { sign: '- ', tone: 'bad' },
  gap: { sign: '… ', tone: 'muted' },
} as const;

export function drawDiff(lines: readonly DiffLine[], width: number): Line[] {
  return lines.flatMap(({ kind, text }) => {
    const { sign, tone } = looks[kind];
    return wrap(sanitize(text), Math.max(1, width - 2)).map(
      (row, index): Line => [span(index === 0 ? sign : '  ', tone, { bold: kind !== 'same' }), span(row, tone)],
    );
  });
}
