/**
 * CRC-64/ECMA-182 in its reflected form (polynomial 0xC96C5795D7870F42, all ones in and out, also known as CRC-64/XZ), eight
 * bytes at a time on pairs of 32-bit halves: JavaScript has no 64-bit integers worth using here.
 */

const polynomialHigh = 0xc96c5795;
const polynomialLow = 0xd7870f42;

/** Slicing tables: entry [k * 256 + b] is the CRC of byte b followed by k zero bytes. */
const tableHigh = new Uint32Array(8 * 256);
const tableLow = new Uint32Array(8 * 256);

for (let byte = 0; byte < 256; byte++) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (carry) {
      high = (high ^ polynomialHigh) >>> 0;
      low = (low ^ polynomialLow) >>> 0;
    }
  }
  tableHigh[byte] = high;
  tableLow[byte] = low;
}
for (let slot = 256; slot < tableHigh.length; slot++) {
  const high = tableHigh[slot - 256]!;
  const low = tableLow[slot - 256]!;
  const byte = low & 0xff;
  tableLow[slot] = ((low >>> 8) | (high << 24)) ^ tableLow[byte]!;
  tableHigh[slot] = (high >>> 8) ^ tableHigh[byte]!;
}

export class Crc64 {
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(data: Uint8Array): this {
    let high = this.#high;
    let low = this.#low;
    let at = 0;
    const slicedEnd = data.length - (data.length % 8);
    while (at < slicedEnd) {
      const l = low ^ (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24));
      const h = high ^ (data[at + 4]! | (data[at + 5]! << 8) | (data[at + 6]! << 16) | (data[at + 7]! << 24));
      const a = 1792 + (l & 0xff);
      const b = 1536 + ((l >>> 8) & 0xff);
      const c = 1280 + ((l >>> 16) & 0xff);
      const d = 1024 + (l >>> 24);
      const e = 768 + (h & 0xff);
      const f = 512 + ((h >>> 8) & 0xff);
      const g = 256 + ((h >>> 16) & 0xff);
      const i = h >>> 24;
      low =
        tableLow[a]! ^
        tableLow[b]! ^
        tableLow[c]! ^
        tableLow[d]! ^
        tableLow[e]! ^
        tableLow[f]! ^
        tableLow[g]! ^
        tableLow[i]!;
      high =
        tableHigh[a]! ^
        tableHigh[b]! ^
        tableHigh[c]! ^
        tableHigh[d]! ^
        tableHigh[e]! ^
        tableHigh[f]! ^
        tableHigh[g]! ^
        tableHigh[i]!;
      at += 8;
    }
    for (; at < data.length; at++) {
      const byte = (low ^ data[at]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ tableLow[byte]!;
      high = (high >>> 8) ^ tableHigh[byte]!;
    }
    this.#high = high >>> 0;
    this.#low = low >>> 0;
    return this;
  }

  /** The eight bytes of the checksum, big endian. May be called at any point. */
  digest(): Uint8Array {
    const out = new DataView(new ArrayBuffer(8));
    out.setUint32(0, ~this.#high >>> 0);
    out.setUint32(4, ~this.#low >>> 0);
    return new Uint8Array(out.buffer);
  }
}
