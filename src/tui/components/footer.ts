/** The last line: what the keys do here, or the filter while it is typed. */
import type { KeyHint } from '../keys.ts';
import { cellWidth, type Line, type Span, sanitize, span, spread, truncateStart } from '../text.ts';

export interface FooterOptions {
  readonly hints: readonly KeyHint[];
  readonly filter: string;
  readonly typing: boolean;
  /** At the right. */
  readonly note: Line;
  readonly width: number;
}

export function footer({ hints, filter, typing, note, width }: FooterOptions): Line {
  const keys = hintLine(hints);
  if (typing) {
    const shown = truncateStart(sanitize(filter), Math.max(8, Math.floor(width / 2)));
    return spread(
      [span(' /', 'accent', { bold: true }), span(shown), span(' ', 'plain', { inverse: true })],
      keys,
      width,
    );
  }
  const chip: Line = filter === '' ? [] : [span(` /${sanitize(filter)} `, 'accent', { inverse: true }), span(' ')];
  return spread([...chip, ...fitHints(hints, width - cellWidth(filter) - 12)], [...note, span(' ')], width);
}

function hintLine(hints: readonly KeyHint[]): Span[] {
  return hints.flatMap(({ key, hint }) => [span(` ${key}`, 'accent', { bold: true }), span(` ${hint} `, 'muted')]);
}

/** Whole hints only: half a word helps nobody. */
function fitHints(hints: readonly KeyHint[], width: number): Span[] {
  const shown: KeyHint[] = [];
  let used = 0;
  for (const hint of hints) {
    used += cellWidth(hint.key) + cellWidth(hint.hint) + 3;
    if (used > width) break;
    shown.push(hint);
  }
  return hintLine(shown);
}
