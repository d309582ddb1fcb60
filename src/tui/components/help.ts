/** The help page, generated from the key table and the views, in as many columns as there is room for. */
import type { Layer } from '../app/layer.ts';
import type { HelpSection } from '../keys.ts';
import { createStore } from '../models/store.ts';
import { cellWidth, fitLine, type Line, span } from '../text.ts';
import { framed, innerSize } from './frame.ts';
import { scrolled } from './scroll.ts';

const columnWidth = 57;
const keyWidth = 16;

export function helpLayer(sections: readonly HelpSection[], close: () => void): Layer {
  const offset = createStore(0);
  return {
    kind: 'help',
    scopes: ['menu', 'list', 'global'],
    subscribe: offset.subscribe,
    handle(command, size) {
      if (command === 'back' || command === 'help' || command === 'enter') close();
      else {
        const inner = innerSize(size.width, size.height);
        const { length } = laidOut(sections, inner.width);
        const next = scrolled(command, offset.get(), length, inner.height);
        if (next !== undefined) offset.set(next);
      }
    },
    draw(size) {
      const inner = innerSize(size.width, size.height);
      const all = laidOut(sections, inner.width);
      const start = Math.min(offset.get(), Math.max(0, all.length - inner.height));
      return framed(all.slice(start, start + inner.height), {
        title: [span('Keys and views', 'plain', { bold: true })],
        footnote: all.length - start > inner.height ? [span('↓ more', 'muted')] : [],
        ...size,
        focused: true,
      });
    },
  };
}

function laidOut(sections: readonly HelpSection[], width: number): Line[] {
  const columns = Math.max(1, Math.floor(width / columnWidth));
  const stacks = distribute(sections, columns);
  const longest = Math.max(...stacks.map((stack) => stack.length));
  const cells = Math.floor(width / columns);
  return Array.from({ length: longest }, (_, row) => stacks.flatMap((stack) => fitLine(stack[row] ?? [], cells)));
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
