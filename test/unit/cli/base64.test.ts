import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../../src/cli/base64.ts';

describe('base64 as Go reads it', () => {
  it('reads back whatever was encoded, with line ends anywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), (bytes, cut) => {
        const text = Buffer.from(bytes).toString('base64');
        const at = text.length === 0 ? 0 : cut % text.length;
        const broken = `${text.slice(0, at)}\r\n${text.slice(at)}\n`;
        expect(decodeBase64(broken)).toEqual({ bytes: Buffer.from(bytes) });
      }),
    );
  });

  it.each([
    ['not*base64', 3, ''],
    ['aGVsbG8', 4, 'hel'],
    ['***', 0, ''],
    ['aGVsbG8=x', 8, 'hel'],
    ['aG=s', 3, ''],
    ['=', 0, ''],
    ['a===', 1, ''],
  ])('tells where %j goes wrong and what came before', (text, badAt, before) => {
    expect(decodeBase64(text)).toEqual({ bytes: Buffer.from(before), badAt });
  });

  it('never throws and points inside the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { badAt } = decodeBase64(text);
        if (badAt !== undefined) expect(badAt).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
