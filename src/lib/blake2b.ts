/** BLAKE2b without a key (RFC 7693), for the digests of 256 bits that Node's crypto does not offer. */

/** Words of 64 bits are two of 32, the low one first. */
const iv = Uint32Array.of(
  ...[0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
  ...[0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
);

/** Message schedule, a permutation a round; rounds 10 and 11 repeat the first two. */
const sigma = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
] as const;

/** Columns, then diagonals. */
const mixes = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

const blockBytes = 128;

/** The digest of `input`, 1 to 64 bytes long. */
export function blake2b(input: Uint8Array, sizeBytes: number): Uint8Array {
  const h = iv.slice();
  h[0] = (h[0]! ^ 0x01010000 ^ sizeBytes) >>> 0;
  const blocks = Math.max(1, Math.ceil(input.length / blockBytes));
  const m = new Uint32Array(32);
  const block = new DataView(new ArrayBuffer(blockBytes));
  const bytes = new Uint8Array(block.buffer);
  for (let i = 0; i < blocks; i++) {
    const end = Math.min((i + 1) * blockBytes, input.length);
    bytes.fill(0);
    bytes.set(input.subarray(i * blockBytes, end));
    for (let word = 0; word < 32; word++) m[word] = block.getUint32(word * 4, true);
    compress(h, m, end, i === blocks - 1);
  }
  const out = new DataView(new ArrayBuffer(64));
  for (let word = 0; word < 16; word++) out.setUint32(word * 4, h[word]!, true);
  return new Uint8Array(out.buffer, 0, sizeBytes);
}

function compress(h: Uint32Array, m: Uint32Array, countBytes: number, last: boolean): void {
  const v = new Uint32Array(32);
  v.set(h);
  v.set(iv, 16);
  v[24] = v[24]! ^ countBytes;
  v[25] = v[25]! ^ Math.floor(countBytes / 2 ** 32);
  if (last) {
    v[28] = ~v[28]!;
    v[29] = ~v[29]!;
  }
  for (let round = 0; round < 12; round++) {
    const schedule = sigma[round % 10]!;
    for (let i = 0; i < 8; i++) {
      const [a, b, c, d] = mixes[i]!;
      mix(v, a * 2, b * 2, c * 2, d * 2, m, schedule[i * 2]! * 2, schedule[i * 2 + 1]! * 2);
    }
  }
  for (let i = 0; i < 16; i++) h[i] = h[i]! ^ v[i]! ^ v[i + 16]!;
}

function mix(v: Uint32Array, a: number, b: number, c: number, d: number, m: Uint32Array, x: number, y: number): void {
  add(v, a, v[b]!, v[b + 1]!);
  add(v, a, m[x]!, m[x + 1]!);
  rotate(v, d, a, 32);
  add(v, c, v[d]!, v[d + 1]!);
  rotate(v, b, c, 24);
  add(v, a, v[b]!, v[b + 1]!);
  add(v, a, m[y]!, m[y + 1]!);
  rotate(v, d, a, 16);
  add(v, c, v[d]!, v[d + 1]!);
  rotate(v, b, c, 63);
}

function add(v: Uint32Array, at: number, low: number, high: number): void {
  const sum = v[at]! + low;
  v[at] = sum;
  v[at + 1] = v[at + 1]! + high + (sum > 0xffffffff ? 1 : 0);
}

/** v[at] = (v[at] xor v[other]) rotated right. */
function rotate(v: Uint32Array, at: number, other: number, bits: 16 | 24 | 32 | 63): void {
  const low = v[at]! ^ v[other]!;
  const high = v[at + 1]! ^ v[other + 1]!;
  switch (bits) {
    case 32:
      v[at] = high;
      v[at + 1] = low;
      return;
    case 63:
      v[at] = (low << 1) | (high >>> 31);
      v[at + 1] = (high << 1) | (low >>> 31);
      return;
    default:
      v[at] = (low >>> bits) | (high << (32 - bits));
      v[at + 1] = (high >>> bits) | (low << (32 - bits));
  }
}
