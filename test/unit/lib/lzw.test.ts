import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LzwError, lzwCompress, lzwDecompress } from '../../../src/lib/lzw.ts';

interface Vector {
  readonly name: string;
  readonly decoded: { body?: { Buf: { $hex: string } }; uncompressed?: { $hex: string } };
}
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../data/vectors/memberlist.json'), 'utf8'),
) as Vector[];
const limit = 1 << 24;

describe('lzw', () => {
  const recorded = vectors.filter((v) => v.decoded.uncompressed !== undefined && v.decoded.body?.Buf !== undefined);

  it.each(recorded.map((v) => [v.name, v] as const))('writes and reads the recorded bytes of %s', (_, vector) => {
    const plain = Buffer.from(vector.decoded.uncompressed?.$hex ?? '', 'hex');
    const packed = Buffer.from(vector.decoded.body?.Buf.$hex ?? '', 'hex');
    expect(Buffer.from(lzwCompress(plain)).equals(packed)).toBe(true);
    expect(Buffer.from(lzwDecompress(packed, limit)).equals(plain)).toBe(true);
  });

  it('gives back what it compressed, beyond a full table too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.integer({ min: 1, max: 20 }), (bytes, times) => {
        const plain = Buffer.concat(Array.from({ length: times }, () => bytes));
        expect(Buffer.from(lzwDecompress(lzwCompress(plain), limit)).equals(plain)).toBe(true);
      }),
    );
  });

  it('throws only its own error for garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          lzwDecompress(bytes, 10_000);
        } catch (error) {
          expect(error).toBeInstanceOf(LzwError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses to expand beyond the limit', () => {
    expect(() => lzwDecompress(lzwCompress(new Uint8Array(100_000)), 1_000)).toThrow('too large');
  });
});
