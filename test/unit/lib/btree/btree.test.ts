import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BTree } from '../../../../src/lib/btree/btree.ts';
import { byteOrder, fromByteOrder } from '../../../../src/lib/btree/byte-order.ts';

type Step =
  | { readonly do: 'set'; readonly key: string; readonly value: number }
  | { readonly do: 'delete'; readonly key: string }
  | { readonly do: 'prune'; readonly prefix: string }
  | { readonly do: 'back' }
  | { readonly do: 'clone' };

const key = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map((n) => `k/${n}`),
  fc.string({ maxLength: 6, unit: 'binary' }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), key, value: fc.integer() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clone' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prune' as const), prefix: key.map((k) => k.slice(0, 3)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('back' as const) }) },
);

const sorted = (model: Map<string, number>): [string, number][] =>
  [...model].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

function expectSame(tree: BTree<number>, model: Map<string, number>): void {
  const entries = sorted(model);
  expect(tree.size).toBe(model.size);
  expect([...tree.entries()]).toEqual(entries);
  const walked: [string, number][] = [];
  tree.scan('', (value, k) => {
    walked.push([k, value]);
  });
  expect(walked).toEqual(entries);
}

describe('BTree', () => {
  it('answers like a map under any sequence of writes, and clones stay as they were', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), key, (steps, probe) => {
        const tree = new BTree<number>();
        let model = new Map<string, number>();
        const frozen: { tree: BTree<number>; model: Map<string, number> }[] = [];
        for (const s of steps) {
          if (s.do === 'clone') frozen.push({ tree: tree.clone(), model: new Map(model) });
          else if (s.do === 'back') {
            const last = frozen.at(-1);
            if (last === undefined) continue;
            tree.become(last.tree);
            model = new Map(last.model);
          } else if (s.do === 'prune') {
            const below = [...model.keys()].filter((k) => k.startsWith(s.prefix));
            expect(tree.deletePrefix(s.prefix)).toBe(below.length);
            for (const k of below) model.delete(k);
          } else if (s.do === 'set') {
            expect(tree.get(s.key)).toBe(model.get(s.key));
            expect(tree.set(s.key, s.value)).toBe(model.get(s.key));
            model.set(s.key, s.value);
          } else {
            expect(tree.delete(s.key)).toBe(model.get(s.key));
            model.delete(s.key);
          }
        }
        expectSame(tree, model);
        for (const f of frozen) expectSame(f.tree, f.model);
        for (const [k, v] of model) expect(tree.get(k)).toBe(v);
        expect(tree.get(probe)).toBe(model.get(probe));
        expect(tree.has(probe)).toBe(model.has(probe));
        expect([...tree.entries(probe)]).toEqual(sorted(model).filter(([k]) => k >= probe));
        const prefix = probe.slice(0, 2);
        expect(tree.keys(prefix)).toEqual(
          sorted(model)
            .map(([k]) => k)
            .filter((k) => k.startsWith(prefix)),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('stays ordered and complete through thousands of inserts and deletes at random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 40 }), (seed) => {
        const tree = new BTree<number>();
        const model = new Map<string, number>();
        let state = seed.reduce((a, b) => (a * 31 + b) >>> 0, 7);
        const next = (limit: number) => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return state % limit;
        };
        for (let phase = 0; phase < 4; phase++) {
          for (let i = 0; i < 1500; i++) {
            const k = `${next(3000)}`;
            if (next(4) < (phase % 2 === 0 ? 3 : 1)) {
              tree.set(k, i);
              model.set(k, i);
            } else {
              tree.delete(k);
              model.delete(k);
            }
          }
          expectSame(tree, model);
        }
        for (let prefix = 1; prefix < 10; prefix += 2) {
          const below = [...model.keys()].filter((k) => k.startsWith(`${prefix}`));
          expect(tree.deletePrefix(`${prefix}`)).toBe(below.length);
          for (const k of below) model.delete(k);
          expectSame(tree, model);
        }
        for (let i = 0; i < 500; i++) {
          tree.set(`${i}`, i);
          model.set(`${i}`, i);
        }
        expectSame(tree, model);
        for (const k of [...model.keys()]) tree.delete(k);
        expect(tree.size).toBe(0);
        expect([...tree.entries()]).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  it('is independent of a clone in both directions', () => {
    const a = new BTree<number>();
    for (let i = 0; i < 1000; i++) a.set(`${i}`, i);
    const b = a.clone();
    a.set('5', -1);
    b.delete('6');
    expect([a.get('5'), b.get('5')]).toEqual([-1, 5]);
    expect([a.get('6'), b.get('6')]).toEqual([6, undefined]);
    expect([a.size, b.size]).toEqual([1000, 999]);
  });

  it('stops a walk when the visitor says so', () => {
    const tree = new BTree<number>();
    for (let i = 0; i < 500; i++) tree.set(`a${String(i).padStart(3, '0')}`, i);
    const seen: number[] = [];
    expect(tree.scanPrefix('a', (v) => seen.push(v) < 3)).toBe(false);
    expect(seen).toEqual([0, 1, 2]);
    expect(tree.scanPrefix('b', () => false)).toBe(true);
  });
});

describe('byteOrder', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 8 });

  it('orders texts as their UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const bytes = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const keys = byteOrder(a) < byteOrder(b) ? -1 : byteOrder(a) > byteOrder(b) ? 1 : 0;
        expect(keys).toBe(bytes);
      }),
      {
        examples: [
          ['\u{1f600}', '\uffee'],
          ['a\u{10000}', 'a\ue000'],
          ['\ud7ff', '\u{1f600}'],
        ],
      },
    );
  });

  it('can be undone and keeps prefixes, even for halves of characters', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }), (units) => {
        const s = String.fromCharCode(...units);
        expect(fromByteOrder(byteOrder(s))).toBe(s);
        for (let i = 0; i <= s.length; i++) expect(byteOrder(s).startsWith(byteOrder(s.slice(0, i)))).toBe(true);
      }),
    );
  });
});
