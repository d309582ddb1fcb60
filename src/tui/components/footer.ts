/** The last line: what the keys do here, what just happened, or what is being typed. */
import type { PromptState } from '../app/prompt.ts';
import type { KeyHint } from '../keys.ts';
import { cellWidth, type Line, lineWidth, type Span, sanitize, span, spread, truncateStart } from '../text.ts';
import type { Note } from '../views/view.ts';

export interface FooterOptions {
  readonly hints: readonly KeyHint[];
  readonly filter: string;
  readonly prompt: PromptState | undefined;
  readonly note: Note | undefined;
  /** At the right. */
  readonly who: Line;
  readonly width: number;
}

export function footer({ hints, filter, prompt, note, who, width }: FooterOptions): Line {
  if (prompt !== undefined) return promptLine(prompt, width);
  if (note !== undefined)
    return spread([span(' '), span(note.text, note.tone, { bold: true })], [...who, span(' ')], width);
  const chip: Line = filter === '' ? [] : [span(` /${sanitize(filter)} `, 'accent', { inverse: true }), span(' ')];
  const room = width - lineWidth(chip) - lineWidth(who) - 2;
  return spread([...chip, ...fitHints(hints, room)], [...who, span(' ')], width);
}

const filterHelp = 'regex  !not  -f fuzzy  state:critical  tag:web';

function promptLine({ kind, text, candidates }: PromptState, width: number): Line {
  const shown = truncateStart(sanitize(text), Math.max(8, Math.floor(width / 2)));
  const [first = ''] = candidates;
  const ghost = kind === 'command' && text !== '' && first.startsWith(text) ? first.slice(text.length) : '';
  const left: Line = [
    span(kind === 'filter' ? ' /' : ' :', 'accent', { bold: true }),
    span(shown),
    span(ghost.slice(0, 1) || ' ', 'plain', { inverse: true }),
    span(sanitize(ghost.slice(1)), 'muted'),
  ];
  const others = candidates.slice(0, 12).map((each) => each.replace(/^\S+ /, ''));
  const help = kind === 'filter' ? filterHelp : others.join('  ');
  const room = width - lineWidth(left) - 3;
  return spread(
    left,
    cellWidth(help) <= room
      ? [span(sanitize(help), 'muted'), span(' ')]
      : [span(sanitize(help).slice(0, Math.max(0, room)), 'muted')],
    width,
  );
}

function hintSpans({ key, hint }: KeyHint): Span[] {
  return [span(` ${key}`, 'accent', { bold: true }), span(` ${hint} `, 'muted')];
}

/** Whole hints only: half a word helps nobody. */
function fitHints(hints: readonly KeyHint[], width: number): Span[] {
  const shown: Span[] = [];
  let used = 0;
  for (const hint of hints) {
    used += cellWidth(hint.key) + cellWidth(hint.hint) + 3;
    if (used > width) break;
    shown.push(...hintSpans(hint));
  }
  return shown;
}
