/** CRC-32 (IEEE 802.3, reflected), as zlib and Go's hash/crc32 compute it. */
const polynomial = 0xedb88320;

const table = new Uint32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? polynomial ^ (c >>> 1) : c >>> 1;
  return c;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (table[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The sum of two pieces put together, from their own sums: `second` is that of `secondBytes` bytes. */
export function joinCrc32(first: number, second: number, secondBytes: number): number {
  // A byte behind the first piece multiplies its sum by x^8, all of it modulo the polynomial.
  let shifted = first;
  let power = 0x0080_0000; // x^8: the highest bit is x^0
  for (let left = secondBytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shifted = multiply(shifted, power);
    power = multiply(power, power);
  }
  return (shifted ^ second) >>> 0;
}

/** Product of two reflected polynomials over GF(2), modulo that of the checksum. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = (shifted & 1) !== 0 ? polynomial ^ (shifted >>> 1) : shifted >>> 1;
  }
  return product >>> 0;
}
