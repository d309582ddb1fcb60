/** The escapes of a double-quoted Go string. */

const single: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

const escapes = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))|\\|\n/g;

/** What stands between the quotes, unescaped; null where an escape is none, or a line ends. */
export function unquote(inner: string): string | null {
  if (!inner.includes('\\') && !inner.includes('\n')) return inner;
  let valid = true;
  const text = inner.replace(escapes, (whole, plain, byte, short, long, octal) => {
    if (plain !== undefined) return single[plain] as string;
    const digits = byte ?? short ?? long;
    const code = digits !== undefined ? Number.parseInt(digits, 16) : Number.parseInt(octal ?? '', 8);
    const isValid = Number.isInteger(code) && (octal === undefined || code < 256) && code <= 0x10ffff;
    if (isValid) return String.fromCodePoint(code);
    valid = false;
    return whole;
  });
  return valid ? text : null;
}
