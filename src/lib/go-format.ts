/**
 * Go's ways of writing values that show up in Consul's texts: `%q`, `%v` of lists and maps, `%g`, and timestamps.
 */

const shortEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

const needsEscape = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\\ufffd]/u;

/** `%q`: double quotes, Go escapes, unprintable characters as `\x7f`, `\u00a0` or `\U000e0001`. */
export function goQuote(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) out += quoteChar(char);
  return `${out}"`;
}

function quoteChar(char: string): string {
  const short = shortEscapes[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0)!;
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  if (code === 0xfffd || !needsEscape.test(char)) return char;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** `%v` of what may arrive as a value: `[a b]`, `map[k:v]` with sorted keys, `<nil>`, an error's text. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : goFloat(value);
  if (value instanceof Error) return value.message;
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`;
  if (value instanceof Date) return goTimestamp(value.getTime());
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${pairs.map(([key, item]) => `${key}:${goValue(item)}`).join(' ')}]`;
  }
  return String(value);
}

/** `%g` with the fewest digits: 0.5, 123456, 1e+06, 1.5e-07, NaN, +Inf. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** RFC 3339 in UTC with the given number of fraction digits: "2021-07-22T10:54:50.123Z". */
export function rfc3339(wallMs: number, fractionDigits = 3): string {
  const iso = new Date(wallMs).toISOString();
  const seconds = iso.slice(0, -5);
  if (fractionDigits === 0) return `${seconds}Z`;
  return `${seconds}.${iso.slice(-4, -1).padEnd(fractionDigits, '0').slice(0, fractionDigits)}Z`;
}

/** `Time.String()` of a UTC time in whole seconds: "2021-07-22 10:54:50 +0000 UTC". */
export function goTimestamp(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
