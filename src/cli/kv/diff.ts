/** What differs between two sets of keys, and how it is shown. Pure. */

export interface Entry {
  readonly value: Buffer;
  readonly flags: number | bigint;
}

export type Entries = ReadonlyMap<string, Entry>;

export interface Difference {
  readonly key: string;
  /** Undefined on the side where there is no such key. */
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

const isSame = (a: Entry, b: Entry): boolean => a.value.equals(b.value) && BigInt(a.flags) === BigInt(b.flags);

/** Sorted by key. */
export function differences(before: Entries, after: Entries): Difference[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys
    .map((key) => ({ key, before: before.get(key), after: after.get(key) }))
    .filter(({ before: a, after: b }) => a === undefined || b === undefined || !isSame(a, b));
}

export function countText(all: readonly Difference[]): string {
  const removed = all.filter(({ after }) => after === undefined).length;
  const added = all.filter(({ before }) => before === undefined).length;
  return `${added} added, ${removed} removed, ${all.length - added - removed} changed`;
}

/** One entry as lines to read: its text, or how much it is of what is none. */
function linesOf({ value, flags }: Entry, withFlags: boolean): string[] {
  const text = value.toString();
  const lines =
    text.includes('\0') || text.includes('\ufffd') ? [`(${value.length} bytes)`] : text.replace(/\n$/, '').split('\n');
  return withFlags ? [...lines, `(flags: ${flags})`] : lines;
}

/** As `diff` writes it: the key, then what stands on one side alone. */
export function diffText({ key, before, after }: Difference): string {
  const sign = before === undefined ? '+' : after === undefined ? '-' : '~';
  const withFlags = before !== undefined && after !== undefined && BigInt(before.flags) !== BigInt(after.flags);
  const old = before === undefined ? [] : linesOf(before, withFlags);
  const now = after === undefined ? [] : linesOf(after, withFlags);
  const body = [...lineChanges(old, now)].map(([side, line]) => `    ${side} ${line}\n`);
  return `${sign} ${key || '(itself)'}\n${body.join('')}`;
}

/** Values of more lines than this are shown whole: comparing is quadratic. */
const mostLines = 500;

/** Lines that stand on one side alone, in the order of both; by the longest common subsequence. */
function* lineChanges(old: readonly string[], now: readonly string[]): Generator<readonly ['-' | '+', string]> {
  const common = old.length > mostLines || now.length > mostLines ? undefined : commonLengths(old, now);
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (common !== undefined && i < old.length && j < now.length && old[i] === now[j]) {
      i += 1;
      j += 1;
    } else if (
      i < old.length &&
      (common === undefined || j >= now.length || common[i + 1]![j]! >= common[i]![j + 1]!)
    ) {
      yield ['-', old[i++]!];
    } else yield ['+', now[j++]!];
  }
}

/** `[i][j]`: lines that `old` from i and `now` from j have in common. */
function commonLengths(old: readonly string[], now: readonly string[]): number[][] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const same = old[i] === now[j];
      lengths[i]![j] = same ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}
