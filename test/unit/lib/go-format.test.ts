import { describe, expect, it } from 'vitest';
import { goFloat, goQuote, goTimestamp, goValue, rfc3339 } from '../../../src/lib/go-format.ts';

describe('Go formatting', () => {
  it.each([
    ['plain text', '"plain text"'],
    ['say "hi"\\', '"say \\"hi\\"\\\\"'],
    ['a\tb\nc\u0000\u007f', '"a\\tb\\nc\\x00\\x7f"'],
    ['é 世界 😀', '"é 世界 😀"'],
    ['\u00a0\u200b', '"\\u00a0\\u200b"'],
    ['\u{e0001}', '"\\U000e0001"'],
    ['\ud800', '"\ufffd"'],
  ])('quotes %j', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });

  it.each([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [0.5, '0.5'],
    [123_456, '123456'],
    [1_000_000, '1e+06'],
    [75_057_150, '7.505715e+07'],
    [-12_345_678.5, '-1.23456785e+07'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e100, '1e+100'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('writes the float %d as %s', (value, text) => {
    expect(goFloat(value)).toBe(text);
  });

  it.each([
    [['a', 'b c'], '[a b c]'],
    [{ b: 1, a: [true, null] }, 'map[a:[true <nil>] b:1]'],
    [new Error('boom'), 'boom'],
    [new Uint8Array([1, 2]), '[1 2]'],
    [undefined, '<nil>'],
    [9_007_199_254_740_991, '9007199254740991'],
  ])('shows %j as %s', (value, text) => {
    expect(goValue(value)).toBe(text);
  });

  it('writes times in UTC', () => {
    const wallMs = Date.UTC(2021, 6, 22, 10, 54, 50, 123);
    expect(rfc3339(wallMs)).toBe('2021-07-22T10:54:50.123Z');
    expect(rfc3339(wallMs, 0)).toBe('2021-07-22T10:54:50Z');
    expect(rfc3339(wallMs, 6)).toBe('2021-07-22T10:54:50.123000Z');
    expect(goTimestamp(wallMs)).toBe('2021-07-22 10:54:50 +0000 UTC');
  });
});
