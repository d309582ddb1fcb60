import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countText, differences, diffText, type Entries } from '../../../../src/cli/kv/diff.ts';

const entries = (values: Record<string, string | Buffer>, flags = 0): Entries =>
  new Map(Object.entries(values).map(([key, value]) => [key, { value: Buffer.from(value), flags }]));

const shown = (before: Entries, after: Entries): string => differences(before, after).map(diffText).join('');

describe('the difference of two trees', () => {
  it('names what is new, what is gone and what changed, sorted', () => {
    const before = entries({ same: 'x', gone: 'g', changed: 'a\nb\nc' });
    const after = entries({ same: 'x', new: 'n', changed: 'a\nB\nc' });
    expect(shown(before, after)).toBe('~ changed\n    - b\n    + B\n- gone\n    - g\n+ new\n    + n\n');
    expect(countText(differences(before, after))).toBe('1 added, 1 removed, 1 changed');
  });

  it('tells of flags where they are what changed', () => {
    expect(shown(entries({ k: 'v' }), entries({ k: 'v' }, 7))).toBe('~ k\n    - (flags: 0)\n    + (flags: 7)\n');
  });

  it('shows the size of what is no text', () => {
    expect(shown(entries({}), entries({ k: Buffer.from([0, 255]) }))).toBe('+ k\n    + (2 bytes)\n');
  });

  it('gives the lines of both sides in their order', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (old, now) => {
        const text = shown(entries({ k: old.join('\n') }), entries({ k: now.join('\n') }));
        const side = (sign: string) =>
          text.split('\n').flatMap((line) => (line.startsWith(`    ${sign} `) ? [line.slice(6)] : []));
        const isSubsequence = (part: string[], whole: string[]): boolean => {
          let at = 0;
          for (const one of whole) if (part[at] === one) at += 1;
          return at === part.length;
        };
        expect(isSubsequence(side('-'), old)).toBe(true);
        expect(isSubsequence(side('+'), now)).toBe(true);
        expect(old.length - side('-').length).toBe(now.length - side('+').length);
      }),
    );
  });

  it('is not held up by huge values', () => {
    const huge = (last: string) => entries({ k: `${'x\n'.repeat(50_000)}${last}` });
    const start = performance.now();
    expect(shown(huge('a'), huge('b'))).toContain('    - a\n');
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
