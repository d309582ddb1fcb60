/** Structural equality of plain data, as Go's reflect.DeepEqual sees it: null, {} and [] are three things. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (Array.isArray(b)) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return names.every((name) => Object.hasOwn(y, name) && equal(x[name], y[name]));
}

/** Whether two rows differ at most in their indexes. */
export function sameRow<T extends { CreateIndex: number; ModifyIndex: number }>(old: T, row: T): boolean {
  return equal({ ...old, CreateIndex: 0, ModifyIndex: 0 }, { ...row, CreateIndex: 0, ModifyIndex: 0 });
}
