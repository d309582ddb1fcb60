/**
 * Mutations that keep the framing: a tree of plain values in which leaves are changed for others of their kind, and
 * members and elements go, come twice or become null. They get behind parsers that refuse most random bytes.
 */
import type { Dice } from './dice.ts';

/** Leaves to put in place of others, from all over a corpus. */
export interface Pool {
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
}

const edgeTexts = [
  '',
  ' ',
  '\0',
  '/',
  '..',
  '*',
  '_',
  'é😀',
  '\udcff',
  'a'.repeat(300),
  '__proto__',
  '-1',
  '10s',
  'default',
];
const edgeNumbers = [
  0,
  1,
  -1,
  127,
  255,
  65_536,
  2 ** 31,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  0.5,
];

export function poolOf(values: readonly unknown[]): Pool {
  const texts = new Set(edgeTexts);
  const numbers = new Set(edgeNumbers);
  const collect = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'number') numbers.add(value);
    else if (isTree(value)) for (const [key, item] of Object.entries(value)) collect(texts.add(key) && item);
  };
  for (const value of values) collect(value);
  return { texts: [...texts], numbers: [...numbers] };
}

/** A copy with one to four changes. Bytes, dates and the like are leaves that stay, or become null. */
export function mutateValue(value: unknown, pool: Pool, dice: Dice): unknown {
  const copy = copyTree(value);
  const places: Place[] = [];
  collectPlaces(copy, places);
  if (places.length === 0) return copy;
  for (let count = 1 + dice.int(4); count > 0; count--) change(dice.pick(places), places, pool, dice);
  return copy;
}

type Tree = Record<string, unknown>;
interface Place {
  readonly parent: Tree;
  readonly key: string;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof Date);

function copyTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyTree);
  if (!isTree(value)) return value;
  const copy = Object.create(Object.getPrototypeOf(value)) as Tree;
  for (const [key, item] of Object.entries(value)) copy[key] = copyTree(item);
  return copy;
}

function collectPlaces(value: unknown, places: Place[]): void {
  if (!isTree(value)) return;
  for (const key of Object.keys(value)) {
    places.push({ parent: value, key });
    collectPlaces(value[key], places);
  }
}

function change({ parent, key }: Place, places: readonly Place[], pool: Pool, dice: Dice): void {
  const value = parent[key];
  if (dice.oneIn(8)) parent[key] = null;
  else if (Array.isArray(parent) && dice.oneIn(4)) {
    if (dice.oneIn(2)) parent.push(copyTree(value));
    else parent.splice(Number(key), 1);
  } else if (typeof value === 'string') parent[key] = dice.pick(pool.texts);
  else if (typeof value === 'number') parent[key] = dice.pick(pool.numbers);
  else if (typeof value === 'boolean') parent[key] = !value;
  else if (Array.isArray(value) && dice.oneIn(2)) parent[key] = [];
  else {
    // A value of the same name elsewhere fits by its type.
    const namesakes = places.filter((place) => place.key === key && place.parent !== parent);
    if (namesakes.length > 0) {
      const { parent: other } = dice.pick(namesakes);
      parent[key] = copyTree(other[key]);
    }
  }
}
