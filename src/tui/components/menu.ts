/** A menu over the page: a cursor and a choice. */
import type { Layer } from '../app/layer.ts';
import { createList, visibleRows } from '../list.ts';
import { fitLine, type Line, lineWidth, sanitize, span } from '../text.ts';
import { box } from './box.ts';
import { selected } from './table.ts';

export interface MenuOptions {
  readonly title: string;
  readonly items: readonly { readonly title: string; readonly note: string }[];
  /** Why nothing can be chosen. */
  readonly disabled: string | undefined;
  readonly choose: (index: number) => void;
  readonly close: () => void;
}

export function menuLayer({ title, items, disabled, choose, close }: MenuOptions): Layer {
  const list = createList<MenuOptions['items'][number]>({ keyOf: (item) => items.indexOf(item) });
  list.setRows(items);
  return {
    kind: 'menu',
    scopes: ['menu', 'list'],
    subscribe: list.subscribe,
    handle(command, { height }) {
      if (command === 'back') close();
      else if (command === 'enter' && disabled === undefined && items.length > 0) choose(list.get().index);
      else list.handle(command, height - 4);
    },
    draw(size) {
      const extra: Line[] =
        disabled !== undefined
          ? [[], [span(disabled, 'warn')]]
          : items.length === 0
            ? [[span('there is nothing to do here', 'muted')]]
            : [];
      const lines = items.map(
        ({ title: text, note }): Line => [span(sanitize(text)), span(note && `  ${note}`, 'muted')],
      );
      const width = Math.min(size.width - 4, Math.max(30, ...lines.map(lineWidth)));
      const room = Math.max(1, size.height - 2 - extra.length);
      const { offset, rows } = visibleRows(list.get(), room);
      const shown = rows.map((_, position) => {
        const line = fitLine(lines[offset + position]!, width);
        return offset + position === list.get().index && disabled === undefined ? selected(line) : line;
      });
      return box({ title, lines: [...shown, ...extra], size, width });
    },
  };
}
