/** A page of facts: names and values. */
import type { Action } from '../app/actions.ts';
import { framed, innerSize } from '../components/frame.ts';
import { keyValueLines } from '../components/key-values.ts';
import { scrolled } from '../components/scroll.ts';
import { createStore, type Readable, subscribeAll } from '../models/store.ts';
import type { Page, ViewContext } from './view.ts';

export interface KeyValuePage {
  readonly crumb: string;
  readonly values: Readable<Readonly<Record<string, string>>>;
  readonly raw: () => unknown;
  readonly actions?: () => readonly Action[];
}

export function keyValuePage(context: ViewContext, { crumb, values, raw, actions }: KeyValuePage): Page {
  const offset = createStore(0);
  return {
    crumb,
    scopes: () => [...(actions === undefined ? [] : (['act'] as const)), 'object', 'list'],
    subscribe: subscribeAll([offset, values]),
    run: async () => {},
    handle(command, size) {
      const inner = innerSize(size.width, size.height);
      const next = scrolled(command, offset.get(), keyValueLines(values.get(), inner.width).length, inner.height);
      if (next !== undefined) offset.set(next);
      else if (command === 'raw') context.showJson(crumb, raw());
      else if (command === 'copy' || command === 'copy-json') context.copy(JSON.stringify(raw(), null, 2), 'the JSON');
      else if (command === 'act' && actions !== undefined) context.act(crumb, actions());
      else return false;
      return true;
    },
    draw({ width, height, crumbs }) {
      const inner = innerSize(width, height);
      const lines = keyValueLines(values.get(), inner.width);
      return framed(lines.slice(offset.get()), { title: crumbs, width, height, focused: true });
    },
    printout: () => ({
      ready: true,
      failure: undefined,
      text: () =>
        Object.entries(values.get())
          .map(([key, value]) => `${key} ${value}\n`)
          .join(''),
      json: raw,
    }),
  };
}
