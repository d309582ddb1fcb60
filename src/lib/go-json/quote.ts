/** Texts and numbers as Go's encoding/json writes them. */
import { JsonError } from './errors.ts';

// The last range is anything that needs a closer look: surrogates, alone or in pairs.
const special = /["\\<>&\u0000-\u001f\u2028\u2029\ud800-\udfff]/;
const specials = /["\\<>&\u0000-\u001f\u2028\u2029]|[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g;

/** A JSON string literal, escaped for HTML as Go does; what is no UTF-16 (or no UTF-8, see text.ts) is \ufffd. */
export function quote(text: string): string {
  return special.test(text) ? `"${text.replace(specials, escaped)}"` : `"${text}"`;
}

function escaped(char: string): string {
  switch (char) {
    case '"':
      return '\\"';
    case '\\':
      return '\\\\';
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
  }
  if (char.length === 2) return char;
  const code = char.charCodeAt(0);
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Go's float64. NaN and infinities have no JSON; Go refuses the whole document, so do we. */
export function formatFloat64(value: number): string {
  if (!Number.isFinite(value)) throw new JsonError(`json: unsupported value: ${goNonFinite(value)}`);
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Go's float32: the shortest text that reads back as the same 32-bit value. */
export function formatFloat32(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return formatFloat64(shorter);
  }
  return formatFloat64(single);
}

const goNonFinite = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf');

/** The order in which Go writes the keys of a map: that of their UTF-8 bytes. */
export function sortedKeys(map: object): string[] {
  const keys = Object.keys(map);
  return keys.length < 2 ? keys : keys.sort(compareText);
}

/** UTF-16 order differs from byte order only where a surrogate meets a character above U+D7FF. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates (characters above U+FFFF) come after everything else. */
const rank = (unit: number): number => (unit <= 0xdfff ? unit + 0x2_0000 : unit);
