/** The help page, generated from the key table, in as many columns as there is room for. */
import { type HelpSection, helpSections } from '../keys.ts';
import { cellWidth, fitLine, type Line, span } from '../text.ts';
import { framed, innerSize } from './frame.ts';

const columnWidth = 54;
const keyWidth = 14;

export interface HelpOptions {
  readonly views: readonly string[];
  readonly width: number;
  readonly height: number;
  /** First line shown; more than there is shows the end. */
  readonly offset: number;
}

export function help({ views, width, height, offset }: HelpOptions): Line[] {
  const inner = innerSize(width, height);
  const columns = Math.max(1, Math.floor(inner.width / columnWidth));
  const columnCells = Math.floor(inner.width / columns);
  const stacks = distribute(helpSections(views), columns);
  const longest = Math.max(...stacks.map((stack) => stack.length));
  const start = Math.max(0, Math.min(offset, longest - inner.height));
  const lines = Array.from({ length: Math.min(inner.height, longest - start) }, (_, row) =>
    stacks.flatMap((stack) => fitLine(stack[start + row] ?? [], columnCells)),
  );
  const more = longest - start > inner.height ? [span('↓ more', 'muted')] : [];
  return framed(lines, {
    title: [span('Keys', 'plain', { bold: true })],
    footnote: more,
    width,
    height,
    focused: true,
  });
}

/** Last value of `offset` that still moves something. */
export function helpLimit({ views, width, height }: Omit<HelpOptions, 'offset'>): number {
  const inner = innerSize(width, height);
  const columns = Math.max(1, Math.floor(inner.width / columnWidth));
  const longest = Math.max(...distribute(helpSections(views), columns).map((stack) => stack.length));
  return Math.max(0, longest - inner.height);
}

/** Sections stay whole and in order; each column takes about its share of the lines. */
function distribute(sections: readonly HelpSection[], columns: number): Line[][] {
  const blocks = sections.map(sectionLines);
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const stacks: Line[][] = [[]];
  for (const block of blocks) {
    const stack = stacks.at(-1)!;
    const full = stack.length > 0 && stack.length + block.length / 2 > total / columns;
    if (full && stacks.length < columns) stacks.push([...block]);
    else stack.push(...block);
  }
  return stacks;
}

function sectionLines({ title, rows }: HelpSection): Line[] {
  return [
    [span(title, 'accent', { bold: true })],
    ...rows.map(({ keys, help: text }) => [
      span(`  ${keys}${' '.repeat(Math.max(1, keyWidth - cellWidth(keys)))}`, 'plain', { bold: true }),
      span(text),
    ]),
    [],
  ];
}
