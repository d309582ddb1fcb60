/**
 * The request target as Go's net/url and ServeMux read it: percent-decoded path, raw query, redirects to clean paths. Pure.
 */
import { asNative, textOf } from '../../lib/msgpack/text.ts';

export interface Target {
  /** Decoded path; bytes that are no UTF-8 survive (`lib/msgpack/text.ts`). */
  readonly path: string;
  /** What follows the first `?`, undecoded; empty when there is none. */
  readonly query: string;
}

const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i;
const badEscape = /%(?![0-9a-f]{2})/i;

/** Null for a target that is no URL: the connection is answered with a bare 400. */
export function parseTarget(raw: string): Target | null {
  const url = raw.charCodeAt(0) === 0x2f ? raw : raw.replace(absolute, '');
  const mark = url.indexOf('?');
  const escaped = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (escaped === '' && url !== raw) return { path: '', query };
  if (escaped.charCodeAt(0) !== 0x2f || badEscape.test(escaped) || beyondBytes.test(escaped)) return null;
  return { path: decodeBytes(escaped), query };
}

/** A request line is bytes; each is one character here. */
const beyondBytes = /[^\0-\xff]/;
const plain = /^[\x21-\x24\x26-\x7e]*$/;

/** Percent-decodes a text whose escapes are known to be well formed. */
export function decodeBytes(escaped: string): string {
  if (plain.test(escaped)) return escaped;
  const bytes = Buffer.from(escaped, 'latin1');
  const native = asNative(bytes);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === 0x25) {
      bytes[length++] = Number.parseInt(native.latin1Slice(i + 1, i + 3), 16);
      i += 2;
    } else bytes[length++] = byte;
  }
  return textOf(bytes.subarray(0, length));
}

const untidy = /\/\/|\/\.\.?(\/|$)/;

/** Go's `path.Clean` with a leading slash, keeping a trailing one. */
export function cleanPath(path: string): string {
  if (path.charCodeAt(0) === 0x2f && !untidy.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const clean = `/${parts.join('/')}`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}

// Bytes that are no UTF-8 count as the replacement character, which is a printable symbol.
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} \udc80-\udcff]/u;

/** Whether every character is one that Go's `unicode.IsPrint` accepts. */
export const isPrintable = (path: string): boolean => plain.test(path) || !unprintable.test(path);
