import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import {
  cellWidth,
  fitLine,
  lineWidth,
  pad,
  plainText,
  sanitize,
  span,
  spread,
  truncate,
  truncateBeforeArrow,
  truncateStart,
  wrap,
} from '../../../src/tui/text.ts';

/** Any text as it may come from a key or a value, made safe. */
const safe = fc.string({ unit: 'binary', maxLength: 40 }).map(sanitize);
const width = fc.integer({ min: 0, max: 40 });

describe('text in cells', () => {
  it('counts wide characters as two cells', () => {
    expect(cellWidth('web-北京')).toBe(8);
  });

  it('agrees with the slow way about every character that it takes a short cut for', () => {
    const all = Array.from({ length: 0xfffe - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));
    expect(all.filter((each) => !/\p{Surrogate}/u.test(each) && cellWidth(each) !== stringWidth(each))).toEqual([]);
  });

  it('cuts with an ellipsis and never through a wide character', () => {
    expect(truncate('北京市', 4)).toBe('北…');
    expect(truncate('consul', 4)).toBe('con…');
    expect(truncateStart('app/config/db', 7)).toBe('…fig/db');
    expect(truncateBeforeArrow('web on n1: HTTP → critical', 20)).toBe('web on n… → critical');
    expect(truncateBeforeArrow('web → critical', 20)).toBe('web → critical');
    expect(truncateBeforeArrow('web → critical', 12)).toBe('web → criti…');
    expect(truncateBeforeArrow('no arrow in it', 9)).toBe('no arrow…');
  });

  it('pads to either side', () => {
    expect(pad('42', 5, 'right')).toBe('   42');
    expect(pad('北', 4)).toBe('北  ');
  });

  it('gives way at the left when two texts share a line', () => {
    expect(plainText(spread([span('a long left side')], [span('right')], 12))).toBe('a long…right');
  });

  it('fits every safe text to exactly the asked width', () => {
    fc.assert(
      fc.property(safe, width, (text, cells) => {
        expect(cellWidth(pad(text, cells))).toBe(cells);
        expect(lineWidth(fitLine([span(text.slice(0, 5)), span(text.slice(5), 'good')].map(whole), cells))).toBe(cells);
        expect(cellWidth(truncate(text, cells))).toBeLessThanOrEqual(cells);
      }),
    );
  });

  it('wraps without losing anything, each row within the width', () => {
    fc.assert(
      fc.property(safe, fc.integer({ min: 2, max: 20 }), (text, cells) => {
        const rows = wrap(text, cells);
        expect(rows.join('')).toBe(text);
        for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(cells);
      }),
    );
  });

  it('wraps half a megabyte at once', () => {
    const rows = wrap(`é${'x'.repeat(500_000)}`, 80);
    expect(rows).toHaveLength(Math.ceil(500_001 / 80));
  });
});

/** A half of a surrogate pair, cut by `slice`, is not a safe text any more. */
function whole<T extends { text: string }>(part: T): T {
  return { ...part, text: sanitize(part.text) };
}

describe('foreign text made safe', () => {
  it('shows control characters instead of obeying them', () => {
    expect(sanitize('a\x1b[31mb\x07\r\nc')).toBe('a␛[31mb␇␍␊c');
  });

  it('does not let a text turn around what follows it', () => {
    expect(sanitize('user\u202egnp.exe')).toBe('user·gnp.exe');
  });

  it('keeps letters of all scripts with their marks', () => {
    expect(sanitize('ñandú n\u0303 北京 한국 ελ')).toBe('ñandú n\u0303 北京 한국 ελ');
  });

  it('shrinks joined emoji to one whose width terminals agree on', () => {
    expect(sanitize('👩‍👩‍👧')).toBe('👩');
    expect(sanitize('🇩🇪')).toBe('⚑');
  });

  it('leaves no control character in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(sanitize(text)).not.toMatch(/[\p{Control}\p{Surrogate}\u202a-\u202e]/u);
      }),
    );
  });
});
