import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crc64 } from '../../../src/lib/crc64.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bit by bit, as the definition says. */
function slow(data: Uint8Array): string {
  let crc = 0xffffffffffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? 0xc96c5795d7870f42n : 0n);
  }
  return (crc ^ 0xffffffffffffffffn).toString(16).padStart(16, '0');
}

describe('CRC-64/ECMA', () => {
  it('has the published check value', () => {
    expect(hex(new Crc64().update(Buffer.from('123456789')).digest())).toBe('995dc9bbdf1939fa');
  });

  it('is zero for nothing', () => {
    expect(hex(new Crc64().digest())).toBe('0000000000000000');
  });

  it('is what the definition gives, in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (data, cut) => {
        const sum = new Crc64().update(data.subarray(0, cut)).update(data.subarray(cut));
        expect(hex(sum.digest())).toBe(slow(data));
      }),
    );
  });
});
