/**
 * What decoded maps are made of: a plain object without the names of Object.prototype. `meta['constructor']` is
 * undefined, and a key `__proto__` is a key like any other. Unlike `Object.create(null)` it stays small and fast.
 */
export type Dict<T> = Record<string, T>;

function NullPrototype(this: object): void {}
NullPrototype.prototype = Object.create(null);

export const newDict = (): Dict<unknown> => new (NullPrototype as unknown as new () => Dict<unknown>)();

export const isDict = (value: object): boolean => value instanceof (NullPrototype as unknown as new () => object);

/** The entries as a dict. */
export function dictOf<T>(entries: Iterable<readonly [string, T]>): Dict<T> {
  const dict = newDict() as Dict<T>;
  for (const [key, value] of entries) dict[key] = value;
  return dict;
}
