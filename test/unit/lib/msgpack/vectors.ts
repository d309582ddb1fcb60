/** Reading the recorded vectors: hex to bytes, and decoded values in the notation of the recordings. */
import { readFileSync } from 'node:fs';
import { parseWhole } from '../../../../src/lib/go-json/index.ts';
import { plainJson } from '../../../../src/structs/json-decode.ts';

export interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly decoded: unknown;
  readonly note: string;
}

const root = new URL('../../../data/vectors/', import.meta.url);

export const readVectors = (file: string): Vector[] =>
  JSON.parse(readFileSync(new URL(file, root), 'utf8')) as Vector[];
/** With integers outside +-2^53 as bigints. */
export const readJson = (file: string): unknown => plainJson(parseWhole(readFileSync(new URL(file, root))));
export const readBytes = (file: string): Uint8Array => readFileSync(new URL(file, root));
export const unhex = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const plainNumber = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

/** Our value in the notation of the recordings: {"$hex"}, {"$int"} and, with `times`, plain RFC 3339 texts. */
export function notation(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $hex: hex(value) };
  if (typeof value === 'bigint') return { $int: String(plainNumber(value)) };
  if (Array.isArray(value)) return value.map(notation);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, notation(field)]));
}

/** A recorded value with times as texts, to be compared with `notation` of ours. */
export function recorded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(recorded);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && first[0] === '$time') return first[1];
  return Object.fromEntries(entries.map(([key, field]) => [key, recorded(field)]));
}
