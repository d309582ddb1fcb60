/** The judge is judged: histories whose verdict is known, and all small ones against plain trial of every order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLinearizable, type Operation } from './linearizability.ts';
import { type KvInput, kvModel } from './servers/kv-model.ts';

const at = (call: number, ret: number, input: KvInput): Operation<KvInput> => ({ call, ret, input });
const put = (value: string): KvInput => ({ kind: 'put', value });
const read = (value: string): KvInput => ({ kind: 'read', value, session: '' });
const verdictOf = (history: readonly Operation<KvInput>[]) => checkLinearizable(history, kvModel).kind;
const never = Number.POSITIVE_INFINITY;

/** Every order that respects real time; what nobody knows may also be left out. */
function triesEveryOrder(history: readonly Operation<KvInput>[]): boolean {
  const search = (left: readonly Operation<KvInput>[], state: string): boolean => {
    if (left.every(({ ret }) => ret === never)) return true;
    const firstReturn = Math.min(...left.map(({ ret }) => ret));
    return left.some((operation) => {
      if (operation.call > firstReturn) return false;
      const next = kvModel.step(state, operation.input);
      return (
        next !== null &&
        search(
          left.filter((other) => other !== operation),
          next,
        )
      );
    });
  };
  return search(history, kvModel.initial);
}

describe('the check for linearizability', () => {
  it('accepts a read that runs beside a write, old or new', () => {
    expect(verdictOf([at(1, 2, put('a')), at(3, 6, put('b')), at(4, 5, read('a'))])).toBe('linearizable');
    expect(verdictOf([at(1, 2, put('a')), at(3, 6, put('b')), at(4, 5, read('b'))])).toBe('linearizable');
  });

  it('refuses a stale read and a lost write', () => {
    expect(verdictOf([at(1, 2, put('a')), at(3, 4, put('b')), at(5, 6, read('a'))])).toBe('impossible');
    expect(verdictOf([at(1, 2, put('a')), at(3, 4, read(''))])).toBe('impossible');
  });

  it('refuses two reads that see two writes in different orders', () => {
    const history = [
      at(1, 8, put('a')),
      at(2, 9, put('b')),
      at(3, 4, read('a')),
      at(5, 6, read('b')),
      at(10, 11, read('a')),
    ];
    expect(verdictOf(history)).toBe('impossible');
  });

  it('lets what nobody knows happen late, once, or never', () => {
    expect(verdictOf([at(1, never, put('a')), at(2, 3, read('')), at(4, 5, read('a'))])).toBe('linearizable');
    expect(verdictOf([at(1, never, put('a')), at(2, 3, read(''))])).toBe('linearizable');
    expect(verdictOf([at(1, never, put('a')), at(2, 3, read('a')), at(4, 5, put('b')), at(6, 7, read('a'))])).toBe(
      'impossible',
    );
  });

  it('refuses a lock taken by two sessions, unless the first one ended', () => {
    const lock = (session: string): KvInput => ({ kind: 'lock', value: session, session, done: true });
    expect(verdictOf([at(1, 2, lock('s')), at(3, 4, lock('t'))])).toBe('impossible');
    const end = at(0, never, { kind: 'end', session: 's' });
    expect(verdictOf([end, at(1, 2, lock('s')), at(3, 4, lock('t'))])).toBe('linearizable');
  });

  it('judges every small history as a trial of every order does', () => {
    const value = fc.constantFrom('a', 'b', '');
    const input = fc.oneof(
      value.map((v): KvInput => (v === '' ? { kind: 'delete' } : put(v))),
      value.map(read),
      fc.record({
        kind: fc.constant('cas' as const),
        expected: value,
        value: fc.constantFrom('a', 'b'),
        done: fc.constantFrom(true, false, null),
      }),
    );
    const operation = fc.record({
      call: fc.integer({ min: 0, max: 30 }),
      length: fc.integer({ min: 1, max: 12 }),
      open: fc.boolean(),
      input,
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (drawn) => {
        const history = drawn.map(({ call, length, open, input: asked }, i) => {
          const outcomeKnown = asked.kind === 'read' || (asked.kind === 'cas' && asked.done !== null);
          const ret = open && !outcomeKnown ? never : 10 * (call + length) + 5 + i;
          return at(10 * call + i, ret, asked);
        });
        expect(verdictOf(history)).toBe(triesEveryOrder(history) ? 'linearizable' : 'impossible');
      }),
      { numRuns: 2000 },
    );
  });
});
