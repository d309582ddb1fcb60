/** Several pages about one thing, next to each other: `←` and `→` go from one to the other. */
import { createStore, type Store, subscribeAll } from '../models/store.ts';
import { type Line, span } from '../text.ts';
import type { Page } from './view.ts';

export interface TabbedPage {
  readonly crumb: string;
  /** At least one. Their crumbs are the names of the tabs. */
  readonly pages: readonly Page[];
  /** Those that are not are neither drawn nor named. The first always is. */
  readonly isShown?: (page: Page) => boolean;
  /** What all of them need while any of them is shown. */
  readonly run?: (signal: AbortSignal) => Promise<void>;
}

export function tabbedPage({ crumb, pages, isShown = () => true, run = async () => {} }: TabbedPage): Page {
  const active = createStore(0);
  const shown = () => pages.filter((each, index) => index === 0 || isShown(each));
  const page = () => shown()[active.get()] ?? pages[0]!;
  /** The filter of the page that is shown, whichever it is. */
  const filter: Store<string> = {
    get: () => page().filter?.get() ?? '',
    set: (text) => page().filter?.set(text),
    update: (change) => page().filter?.update(change),
    subscribe: subscribeAll(pages.flatMap((each) => each.filter ?? [])),
  };

  function tabs(): Line {
    const all = shown();
    if (all.length === 1) return [];
    return [
      span(' '),
      ...all.flatMap((each) =>
        each === page()
          ? [span(' '), span(` ${each.crumb} `, 'accent', { bold: true, inverse: true })]
          : [span(` ${each.crumb}`, 'muted')],
      ),
    ];
  }

  return {
    crumb,
    filter,
    scopes: () => [...page().scopes(), ...(shown().length === 1 ? [] : (['pages'] as const))],
    subscribe: subscribeAll([active, ...pages]),
    run: async (signal) => {
      await Promise.all([run(signal), ...pages.map((each) => each.run(signal))]);
    },
    handle(command, size) {
      if (page().handle(command, size)) return true;
      const step = command === 'left' ? -1 : command === 'right' ? 1 : 0;
      if (step !== 0) active.update((at) => Math.max(0, Math.min(shown().length - 1, at + step)));
      return step !== 0;
    },
    draw: (drawing) => page().draw({ ...drawing, crumbs: [...drawing.crumbs, ...tabs()] }),
    printout() {
      const parts = pages.map((each) => ({ name: each.crumb, ...each.printout() }));
      const failures = parts.flatMap(({ failure }) => failure ?? []);
      return {
        ready: parts.every(({ ready }) => ready),
        failure: failures.length === parts.length ? failures[0] : undefined,
        text: () =>
          parts
            .map(({ name, failure, text }) => `${name}\n${failure === undefined ? text() : `${failure}\n`}`)
            .join('\n'),
        json: () => Object.fromEntries(parts.map(({ name, json }) => [name, json()])),
      };
    },
  };
}
