/**
 * Go strings are bytes; JavaScript's are UTF-16. Bytes that are no UTF-8 are kept as lone low surrogates
 * U+DC80..U+DCFF (byte + 0xDC00, the "surrogateescape" of Python's PEP 383), so every byte string survives the round
 * trip: a key `bad\xff` stays the key it was.
 */

/** The native one-shot codecs of Node's Buffer, which its type definitions leave out. */
export interface NativeBuffer extends Uint8Array {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number, length: number): number;
  utf8Write(text: string, offset: number, length: number): number;
}

export function asNative(bytes: Uint8Array): NativeBuffer {
  return (Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as unknown as NativeBuffer;
}

/** The text of `bytes[start..end)`. Never fails. */
export function decodeText(bytes: NativeBuffer, start: number, end: number): string {
  const text = bytes.utf8Slice(start, end);
  // A replacement character is either really there (EF BF BD) or stands for bytes that are no UTF-8.
  return text.includes('\ufffd') ? decodeEscaping(bytes, start, end) : text;
}

/** Bytes that `encodeText` will write. */
export function textByteLength(text: string): number {
  return text.isWellFormed() ? Buffer.byteLength(text) : escapedByteLength(text);
}

/** Writes `text` at `offset`, where `byteLength` (of `textByteLength`) bytes are free. */
export function encodeText(text: string, into: NativeBuffer, offset: number, byteLength: number): void {
  if (byteLength === text.length) into.latin1Write(text, offset, byteLength);
  else if (text.isWellFormed()) into.utf8Write(text, offset, byteLength);
  else encodeEscaped(text, into, offset);
}

/** Any bytes as text, and back. */
export const textOf = (bytes: Uint8Array): string => decodeText(asNative(bytes), 0, bytes.length);
export function bytesOf(text: string): Uint8Array {
  const length = textByteLength(text);
  const bytes = Buffer.allocUnsafe(length);
  encodeText(text, asNative(bytes), 0, length);
  return bytes;
}

/** Length of the well-formed sequence at `at`, 0 when there is none (RFC 3629: no surrogates, no overlong forms). */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > end) return 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1]!;
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  return length;
}

function decodeEscaping(bytes: NativeBuffer, start: number, end: number): string {
  const parts: string[] = [];
  let good = start;
  for (let at = start; at < end; ) {
    const length = sequenceLength(bytes, at, end);
    if (length > 0) {
      at += length;
      continue;
    }
    if (at > good) parts.push(bytes.utf8Slice(good, at));
    parts.push(String.fromCharCode(0xdc00 + bytes[at]!));
    good = ++at;
  }
  if (end > good) parts.push(bytes.utf8Slice(good, end));
  return parts.join('');
}

const isEscape = (codePoint: number): boolean => codePoint >= 0xdc80 && codePoint <= 0xdcff;
const isSurrogate = (codePoint: number): boolean => codePoint >= 0xd800 && codePoint <= 0xdfff;

const utf8Width = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

function escapedByteLength(text: string): number {
  let length = 0;
  for (const char of text) {
    const point = char.codePointAt(0)!;
    length += isEscape(point) ? 1 : utf8Width(point);
  }
  return length;
}

function encodeEscaped(text: string, into: NativeBuffer, offset: number): void {
  let at = offset;
  for (const char of text) {
    const point = char.codePointAt(0)!;
    if (isEscape(point)) into[at++] = point - 0xdc00;
    // Any other lone surrogate has no bytes: Go writes the replacement character.
    else at += into.utf8Write(isSurrogate(point) ? '\ufffd' : char, at, utf8Width(point));
  }
}
