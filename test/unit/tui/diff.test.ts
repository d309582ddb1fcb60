import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines } from '../../../src/tui/views/kv/diff.ts';

const signs = { same: ' ', added: '+', removed: '-', gap: '~' } as const;
const told = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => `${signs[kind]}${text}`);

describe('a difference', () => {
  it('tells what went and what came, with a little of what stands around', () => {
    expect(told('a\nb\nc\nd\ne\nf', 'a\nb\nc\nX\ne\nf')).toEqual(['~1 more line', ' b', ' c', '-d', '+X', ' e', ' f']);
  });

  it('is nothing between equal texts but the number of lines', () => {
    expect(told('a\nb\nc', 'a\nb\nc')).toEqual(['~3 more lines']);
  });

  it('makes one text of the other, for any two texts', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const count = (kind: string) => lines.filter((line) => line.kind === kind).length;
        const hidden = lines
          .filter(({ kind }) => kind === 'gap')
          .reduce((sum, { text: gap }) => sum + Number.parseInt(gap, 10), 0);
        expect(count('same') + hidden + count('removed')).toBe(before.split('\n').length);
        expect(count('same') + hidden + count('added')).toBe(after.split('\n').length);
      }),
    );
  });

  it('does not take for ever for long texts', () => {
    const long = (word: string) => Array.from({ length: 20_000 }, (_, index) => `${word}${index}`).join('\n');
    const started = performance.now();
    expect(diffLines(long('a'), long('b')).length).toBe(40_000);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
