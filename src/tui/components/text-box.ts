/** Long text over the page, scrolled by lines: raw JSON, the output of a check, a conflict. */
import type { Layer } from '../app/layer.ts';
import { count } from '../format.ts';
import { createStore } from '../models/store.ts';
import { fitLine, type Line, span } from '../text.ts';
import { framed, innerSize } from './frame.ts';
import { scrolled } from './scroll.ts';

export interface TextBoxOptions {
  readonly title: Line;
  readonly lines: (width: number) => readonly Line[];
  /** Undefined: there is nothing to copy. */
  readonly copy?: () => void;
  readonly close: () => void;
}

export function textBox({ title, lines, copy, close }: TextBoxOptions): Layer {
  const offset = createStore(0);
  let laidOut: { width: number; lines: readonly Line[] } | undefined;
  const lay = (width: number): readonly Line[] => {
    if (laidOut?.width !== width) laidOut = { width, lines: lines(width) };
    return laidOut.lines;
  };
  return {
    kind: 'text',
    scopes: ['text', 'list'],
    subscribe: offset.subscribe,
    handle(command, size) {
      if (command === 'back') close();
      else if (command === 'copy-json') copy?.();
      else {
        const inner = innerSize(size.width, size.height);
        const next = scrolled(command, offset.get(), lay(inner.width).length, inner.height);
        if (next !== undefined) offset.set(next);
      }
    },
    draw(size) {
      const inner = innerSize(size.width, size.height);
      const all = lay(inner.width);
      const start = Math.min(offset.get(), Math.max(0, all.length - inner.height));
      const below = all.length - start - inner.height;
      return framed(
        all.slice(start, start + inner.height).map((line) => fitLine(line, inner.width)),
        {
          title,
          footnote: below > 0 ? [span(`↓ ${count(below)} more`, 'muted')] : [],
          ...size,
          focused: true,
        },
      );
    },
  };
}
