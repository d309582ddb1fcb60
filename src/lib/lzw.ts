/**
 * LZW as Go's compress/lzw writes it with LSB order and 8-bit literals, which memberlist uses: the GIF-style variant (clear
 * 256, end 257, widths 9 to 12, no early change). Input is untrusted: the decoder throws LzwError and nothing else.
 */

const clearCode = 256;
const endCode = 257;
const firstCode = 258;
const maxWidth = 12;
const maxCode = (1 << maxWidth) - 1;

/** Thrown when a compressed text is damaged, or grows beyond the caller's limit. */
export class LzwError extends Error {
  override readonly name = 'LzwError';
}

/** Appends codes of changing width, least significant bit first. */
class BitWriter {
  #bytes = new Uint8Array(256);
  #length = 0;
  #bits = 0;
  #count = 0;

  write(code: number, width: number): void {
    this.#bits |= code << this.#count;
    this.#count += width;
    while (this.#count >= 8) {
      this.#push(this.#bits & 0xff);
      this.#bits >>>= 8;
      this.#count -= 8;
    }
  }

  finish(): Uint8Array {
    if (this.#count > 0) this.#push(this.#bits & 0xff);
    return this.#bytes.slice(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = byte;
  }
}

export function lzwCompress(input: Uint8Array): Uint8Array {
  const out = new BitWriter();
  let width = 9;
  let hi = endCode;
  let overflow = 1 << width;
  // (prefix code, next byte) -> code of the longer string
  const table = new Map<number, number>();
  out.write(clearCode, width);
  if (input.length === 0) {
    out.write(endCode, width);
    return out.finish();
  }
  let prefix = input[0] as number;
  for (let i = 1; i < input.length; i++) {
    const byte = input[i] as number;
    const key = (prefix << 8) | byte;
    const known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    out.write(prefix, width);
    prefix = byte;
    hi++;
    if (hi === overflow) {
      width++;
      overflow <<= 1;
    }
    if (hi === maxCode) {
      out.write(clearCode, width);
      width = 9;
      hi = endCode;
      overflow = 1 << width;
      table.clear();
    } else {
      table.set(key, hi);
    }
  }
  out.write(prefix, width);
  hi++;
  if (hi === overflow) width++;
  out.write(endCode, Math.min(width, maxWidth));
  return out.finish();
}

/** @throws LzwError for a damaged input, and for one that expands beyond `limitBytes`. */
export function lzwDecompress(input: Uint8Array, limitBytes: number): Uint8Array {
  let out = new Uint8Array(Math.max(64, Math.min(limitBytes, input.length * 4)));
  let length = 0;
  const prefixes = new Uint16Array(maxCode + 1);
  const suffixes = new Uint8Array(maxCode + 1);
  const scratch = new Uint8Array(maxCode + 1);
  let width = 9;
  let hi = endCode;
  let overflow = 1 << width;
  let last = -1;
  let bits = 0;
  let count = 0;
  let at = 0;
  for (;;) {
    while (count < width) {
      if (at >= input.length) throw new LzwError('unexpected EOF');
      bits |= (input[at++] as number) << count;
      count += 8;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    count -= width;
    if (code === endCode) return out.slice(0, length);
    if (code === clearCode) {
      width = 9;
      hi = endCode;
      overflow = 1 << width;
      last = -1;
      continue;
    }
    // Spell the string of `code` from its end into scratch.
    let n = 0;
    let c = code;
    if (c > hi || (c >= firstCode && last === -1)) throw new LzwError('invalid code');
    if (c === hi && last !== -1 && c >= firstCode) {
      // KwKwK: the code being defined right now is the last string plus its own first byte.
      c = last;
      n = 1;
    }
    while (c >= firstCode) {
      scratch[n++] = suffixes[c] as number;
      c = prefixes[c] as number;
    }
    scratch[n++] = c;
    if (code === hi && last !== -1 && code >= firstCode) scratch[0] = c;
    if (length + n > limitBytes) throw new LzwError('decompressed data is too large');
    if (length + n > out.length) {
      const grown = new Uint8Array(Math.min(limitBytes, Math.max(out.length * 2, length + n)));
      grown.set(out);
      out = grown;
    }
    for (let i = n - 1; i >= 0; i--) out[length++] = scratch[i] as number;
    if (last !== -1 && hi <= maxCode) {
      suffixes[hi] = c;
      prefixes[hi] = last;
    }
    last = code;
    hi++;
    if (hi >= overflow) {
      if (width === maxWidth) {
        // Table full: nothing is added until the next clear.
        last = -1;
        hi--;
      } else {
        width++;
        overflow <<= 1;
      }
    }
  }
}
