/** Base64 as Go's StdEncoding reads it: padded, line breaks ignored, errors by position. */
import { JsonError } from './errors.ts';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const isDigit = new Uint8Array(128);
for (const digit of digits) isDigit[digit.charCodeAt(0)] = 1;

/** Throws JsonError "illegal base64 data at input byte N". */
export function decodeBase64(text: string): Uint8Array {
  const corrupt = corruptAt(text);
  if (corrupt >= 0) throw new JsonError(`illegal base64 data at input byte ${corrupt}`);
  const decoded = Buffer.from(text, 'base64');
  const bytes = new Uint8Array(decoded.length);
  bytes.set(decoded);
  return bytes;
}

/** Offset that Go complains about; -1 when the text is good. */
function corruptAt(text: string): number {
  let inGroup = 0;
  let groupStart = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d) continue;
    if (code < 128 && isDigit[code] === 1) {
      if (inGroup === 0) groupStart = at;
      inGroup = (inGroup + 1) & 3;
      continue;
    }
    if (code !== 0x3d || inGroup < 2) return byteOffset(text, at);
    return paddingCorruptAt(text, at, inGroup);
  }
  return inGroup === 0 ? -1 : byteOffset(text, groupStart);
}

/** From the first `=` on: one or two of them, then nothing but line breaks. */
function paddingCorruptAt(text: string, first: number, inGroup: number): number {
  let at = afterBreaks(text, first + 1);
  if (inGroup === 2) {
    if (at >= text.length) return text.length;
    if (text[at] !== '=') return byteOffset(text, at);
    at = afterBreaks(text, at + 1);
  }
  return at < text.length ? byteOffset(text, at) : -1;
}

function afterBreaks(text: string, from: number): number {
  let at = from;
  while (text[at] === '\n' || text[at] === '\r') at++;
  return at;
}

const byteOffset = (text: string, at: number): number => Buffer.byteLength(text.slice(0, at));
