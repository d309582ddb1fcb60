import { describe, expect, it } from 'vitest';
import { type BlockingState, blockingQuery, nextIndex } from '../../../src/client/blocking-query.ts';
import type { Answer, QueryOptions } from '../../../src/client/http.ts';
import type { Pace } from '../../../src/client/pace.ts';

/** A pace whose pauses end at once and are written down. */
function fastPace() {
  const pauses: number[] = [];
  let nowMs = 1_000;
  const pace: Pace = {
    wallMs: () => nowMs,
    float: () => 0,
    async pause(ms) {
      pauses.push(ms);
      nowMs += ms;
    },
  };
  return { pace, pauses };
}

const answer = <T>(value: T, index: number): Answer<T> => ({
  value,
  meta: { index, knownLeader: true, lastContactMs: 0 },
});

/** Plays the script, one step a query, and collects what comes out until it is used up. */
async function play(script: readonly (Answer<string> | Error)[]) {
  const asked: QueryOptions[] = [];
  const states: BlockingState<string>[] = [];
  const stop = new AbortController();
  const { pace, pauses } = fastPace();
  const query = async (options: QueryOptions): Promise<Answer<string>> => {
    const step = script[asked.length];
    asked.push(options);
    if (step === undefined) {
      stop.abort();
      throw new Error('used up');
    }
    if (step instanceof Error) throw step;
    return step;
  };
  for await (const state of blockingQuery(query, { signal: stop.signal, pace })) states.push(state);
  return { indexes: asked.map(({ index }) => index), states, pauses, kinds: states.map(({ kind }) => kind) };
}

describe('a blocking query', () => {
  it('asks with the index of the last answer', async () => {
    const { indexes, kinds } = await play([answer('a', 5), answer('b', 8)]);
    expect(indexes).toEqual([undefined, 5, 8]);
    expect(kinds).toEqual(['connecting', 'live', 'live']);
  });

  it('stays silent when the wait ends without a change', async () => {
    const { kinds, indexes } = await play([answer('a', 5), answer('a', 5), answer('b', 6)]);
    expect(kinds).toEqual(['connecting', 'live', 'live']);
    expect(indexes).toEqual([undefined, 5, 5, 6]);
  });

  it('starts again when the index goes back', async () => {
    const { indexes, kinds } = await play([answer('a', 50), answer('b', 3), answer('c', 3)]);
    expect(indexes).toEqual([undefined, 50, undefined, 3]);
    expect(kinds).toEqual(['connecting', 'live', 'live', 'live']);
    expect(nextIndex(50, 3)).toBe(0);
  });

  it('backs off after errors, tells since when, and is live again', async () => {
    const down = new Error('connection refused');
    const { states, pauses, indexes } = await play([answer('a', 5), down, down, down, answer('a', 5)]);
    expect(pauses).toEqual([250, 500, 1_000]);
    expect(indexes).toEqual([undefined, 5, undefined, undefined, undefined, 5]);
    expect(states.slice(2, 5)).toEqual([
      { kind: 'stale', sinceMs: 1_000, failures: 1, retryInMs: 250, error: down },
      { kind: 'stale', sinceMs: 1_000, failures: 2, retryInMs: 500, error: down },
      { kind: 'stale', sinceMs: 1_000, failures: 3, retryInMs: 1_000, error: down },
    ]);
    // The same value as before, but nobody knew any more.
    expect(states.at(-1)).toMatchObject({ kind: 'live', value: 'a' });
  });

  it('polls an endpoint that has no index', async () => {
    const { indexes, pauses, kinds } = await play([answer('a', 0), answer('a', 0)]);
    expect(indexes).toEqual([undefined, undefined, undefined]);
    expect(pauses).toEqual([10_000, 10_000]);
    expect(kinds).toEqual(['connecting', 'live', 'live']);
  });

  it('asks nothing once it was told to stop', async () => {
    const signal = AbortSignal.abort();
    const states = [];
    const query = () => Promise.reject(new Error('asked'));
    for await (const state of blockingQuery(query, { signal })) states.push(state.kind);
    expect(states).toEqual(['connecting']);
  });
});
