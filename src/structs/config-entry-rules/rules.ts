/** The form of the rules of one kind of config entry. */

export interface Named {
  readonly Name?: string;
}

export interface EntryRules<T> {
  /** Defaults filled in, spellings made one; gives a new entry where something changes. */
  readonly normalize: (entry: T) => T;
  /** Null for a normal entry that is fine. */
  readonly fault: (entry: T) => string | null;
}

/** The first fault that a list of things has. */
export function firstFault<T>(
  items: readonly T[] | null,
  faultOf: (item: T, i: number) => string | null,
): string | null {
  for (const [i, item] of (items ?? []).entries()) {
    const fault = faultOf(item, i);
    if (fault !== null) return fault;
  }
  return null;
}
