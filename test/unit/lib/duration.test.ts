import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DurationError,
  formatDuration,
  formatDurationMs,
  parseDuration,
  parseDurationMs,
} from '../../../src/lib/duration.ts';

describe('durations in Go notation', () => {
  it.each([
    ['0', 0],
    ['+0', 0],
    ['-0', 0],
    ['5s', 5e9],
    ['1m30s', 90e9],
    ['1.5h', 5400e9],
    ['-1.5h', -5400e9],
    ['.5s', 5e8],
    ['1.s', 1e9],
    ['100ms', 1e8],
    ['11us', 11e3],
    ['11\u00b5s', 11e3],
    ['11\u03bcs', 11e3],
    ['3ns', 3],
    ['0.3333333333333333333h', 1_200_000_000_000],
    ['87600h', 315_360_000e9],
    ['1h1h', 7200e9],
  ])('reads %s as %d ns', (text, ns) => {
    expect(parseDuration(text)).toBe(ns);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['abc', 'time: invalid duration "abc"'],
    ['-', 'time: invalid duration "-"'],
    ['.', 'time: invalid duration "."'],
    ['.s', 'time: invalid duration ".s"'],
    ['+.s', 'time: invalid duration "+.s"'],
    ['5', 'time: missing unit in duration "5"'],
    ['1m5', 'time: missing unit in duration "1m5"'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
    ['5 s', 'time: unknown unit " s" in duration "5 s"'],
    ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
    ['"', 'time: invalid duration "\\""'],
    ['5\u00e9', 'time: unknown unit "\\xc3\\xa9" in duration "5\\xc3\\xa9"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseDuration(text)).toThrow(new DurationError(message));
  });

  it.each([
    [0, '0s'],
    [1, '1ns'],
    [1100, '1.1\u00b5s'],
    [2_200_000, '2.2ms'],
    [100_000_000, '100ms'],
    [1_500_000_000, '1.5s'],
    [60e9, '1m0s'],
    [90e9, '1m30s'],
    [3600e9, '1h0m0s'],
    [5 * 60e9 + 5_001_000_000, '5m5.001s'],
    [-1_500_000_000, '-1.5s'],
    [87_600 * 3600e9, '87600h0m0s'],
  ])('writes %d ns as %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });

  it('reads back whatever it writes', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (ns) => {
        expect(parseDuration(formatDuration(ns)) + 0).toBe(ns + 0);
      }),
    );
  });

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.-+ nuµmsh\u0000"') }), (text) => {
        try {
          expect(Number.isFinite(parseDuration(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DurationError);
        }
      }),
    );
  });

  it('converts to and from milliseconds', () => {
    expect(parseDurationMs('1.5s')).toBe(1500);
    expect(formatDurationMs(250)).toBe('250ms');
    expect(formatDurationMs(0.25)).toBe('250µs');
  });
});
