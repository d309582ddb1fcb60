/** Numbers in query strings, with the error texts of Go's strconv. Pure. */
import { goQuote } from './go-format.ts';

const maxUint64 = 2n ** 64n - 1n;

/** Thrown for a text that is no unsigned integer; the message is Go's. */
export class NumberError extends Error {
  override readonly name = 'NumberError';
}

/** `strconv.ParseUint(text, 10, 64)`: a number where it is exact, else a bigint. */
export function parseUint(text: string): number | bigint {
  if (!/^\d+$/.test(text)) throw new NumberError(`strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`);
  const small = Number(text);
  if (Number.isSafeInteger(small)) return small;
  const value = BigInt(text);
  if (value > maxUint64) throw new NumberError(`strconv.ParseUint: parsing ${goQuote(text)}: value out of range`);
  return value;
}

const truths: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  T: true,
  TRUE: true,
  true: true,
  True: true,
  '0': false,
  f: false,
  F: false,
  FALSE: false,
  false: false,
  False: false,
};

/** `strconv.ParseBool`; undefined for anything else. */
export const parseBool = (text: string): boolean | undefined =>
  Object.hasOwn(truths, text) ? truths[text] : undefined;

/** `strconv.Atoi`. */
export function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new NumberError(`strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new NumberError(`strconv.Atoi: parsing ${goQuote(text)}: value out of range`);
  return value;
}
