/** Where one is and was: a stack of pages (breadcrumbs), and the stacks seen before and after (history). Pure. */

export interface Navigation<Page> {
  readonly stack: readonly Page[];
  readonly past: readonly (readonly Page[])[];
  readonly future: readonly (readonly Page[])[];
}

/** Steps back that are remembered: each keeps its pages, with cursor and filter. */
const longestPast = 30;

export function startAt<Page>(page: Page): Navigation<Page> {
  return { stack: [page], past: [], future: [] };
}

export function topOf<Page>({ stack }: Navigation<Page>): Page {
  return stack.at(-1)!;
}

function goTo<Page>({ stack, past }: Navigation<Page>, next: readonly Page[]): Navigation<Page> {
  return { stack: next, past: [...past, stack].slice(-longestPast), future: [] };
}

/** Another view from the start: the breadcrumbs begin anew. */
export function jump<Page>(navigation: Navigation<Page>, page: Page): Navigation<Page> {
  return navigation.stack.length === 1 && topOf(navigation) === page ? navigation : goTo(navigation, [page]);
}

/** One level deeper. */
export function descend<Page>(navigation: Navigation<Page>, page: Page): Navigation<Page> {
  return goTo(navigation, [...navigation.stack, page]);
}

/** One level up; the same if there is none. */
export function ascend<Page>(navigation: Navigation<Page>): Navigation<Page> {
  return navigation.stack.length === 1 ? navigation : goTo(navigation, navigation.stack.slice(0, -1));
}

export function backward<Page>(navigation: Navigation<Page>): Navigation<Page> {
  const { stack, past, future } = navigation;
  const before = past.at(-1);
  return before === undefined ? navigation : { stack: before, past: past.slice(0, -1), future: [stack, ...future] };
}

export function forward<Page>(navigation: Navigation<Page>): Navigation<Page> {
  const { stack, past, future } = navigation;
  const [after, ...rest] = future;
  return after === undefined ? navigation : { stack: after, past: [...past, stack], future: rest };
}
