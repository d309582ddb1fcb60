/**
 * How the reply of an RPC is shown: which part, by which schema. What was rendered stays beside the reply object, so
 * everybody who is given the same reply is given the same bytes.
 */
import { type Layout, renderJson, renderList } from '../../structs/json.ts';
import type { Schema } from '../../structs/schema.ts';
import { Rendered } from './rendered.ts';

export interface View<R> {
  /** `shared`: the reply belongs to an answer that others may get as well. */
  render(reply: R, layout: Layout, shared: boolean): Rendered | Iterable<Uint8Array>;
}

export function valueView<R extends object, T>(schema: Schema<T>, select: (reply: R) => T): View<R> {
  return keeping((reply, layout) => new Rendered(renderJson(schema, select(reply), layout)));
}

/** Longer lists are rendered and sent piece by piece: they are too long for one turn of the event loop. */
const longList = 2048;

/** `nil`: how a list that is null is shown (most endpoints answer `[]`). */
export function listView<R extends object, T>(
  of: Schema<T>,
  select: (reply: R) => readonly T[] | null,
  nil: readonly T[] | null = [],
): View<R> {
  return keeping((reply, layout) => {
    const list = select(reply) ?? nil;
    const pieces = renderList(of, list, layout);
    return list !== null && list.length > longList ? pieces : new Rendered(Buffer.concat([...pieces]));
  });
}

function keeping<R extends object>(render: (reply: R, layout: Layout) => Rendered | Iterable<Uint8Array>): View<R> {
  const kept: Record<Layout, WeakMap<R, Rendered>> = { compact: new WeakMap(), indented: new WeakMap() };
  return {
    render: (reply, layout, shared) => {
      const known = shared ? kept[layout].get(reply) : undefined;
      if (known !== undefined) return known;
      const rendered = render(reply, layout);
      if (!shared || !(rendered instanceof Rendered)) return rendered;
      const alone = rendered.alone();
      kept[layout].set(reply, alone);
      return alone;
    },
  };
}
