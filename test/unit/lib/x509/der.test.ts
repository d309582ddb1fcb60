import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DerError, DerValue, der } from '../../../../src/lib/x509/der.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('DER', () => {
  it('writes the examples of X.690 and its users', () => {
    expect(hex(der.oid('1.2.840.113549.1.1.11'))).toBe('06092a864886f70d01010b');
    expect(hex(der.oid('2.5.29.17'))).toBe('0603551d11');
    expect(hex(der.integer(0n))).toBe('020100');
    expect(hex(der.integer(127n))).toBe('02017f');
    expect(hex(der.integer(128n))).toBe('02020080');
    expect(hex(der.boolean(true))).toBe('0101ff');
    expect(hex(der.octets(new Uint8Array(200)).subarray(0, 3))).toBe('0481c8');
    expect(hex(der.octets(new Uint8Array(300)).subarray(0, 4))).toBe('0482012c');
  });

  it('writes times by the rule of RFC 5280: two digits for the year until 2049', () => {
    expect(Buffer.from(der.time(new Date('2049-12-31T23:59:59.999Z'))).toString('latin1')).toBe('\x17\r491231235959Z');
    expect(Buffer.from(der.time(new Date('2050-01-01T00:00:00Z'))).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });

  it('reads the numbers and identifiers that it wrote', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 160n }), fc.array(fc.nat(), { maxLength: 8 }), (n, arcs) => {
        expect(DerValue.parse(der.integer(n)).integer()).toBe(n);
        const dotted = ['2.5', ...arcs].join('.');
        expect(DerValue.parse(der.oid(dotted)).oid()).toBe(dotted);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['a value that is cut off', '0403aa'],
    ['bytes behind the value', '050000'],
    ['the indefinite length of BER', '3080020100000000'],
    ['a length longer than need be', '048101aa'],
    ['a length of more than 4 GiB', '04850100000000'],
    ['a tag of several bytes', '1f8100'],
  ])('refuses %s', (_, bytes) => {
    expect(() => DerValue.parse(Buffer.from(bytes, 'hex'))).toThrow(DerError);
  });

  it('says what it found instead of what it wanted', () => {
    expect(() => DerValue.parse(der.integer(1n)).sequence()).toThrow('sequence expected, tag 2 found');
  });
});
