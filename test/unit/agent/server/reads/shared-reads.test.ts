import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../../src/agent/rpc/caller.ts';
import { noMeta } from '../../../../../src/agent/server/context.ts';
import { type Question, SharedReads } from '../../../../../src/agent/server/reads/shared-reads.ts';
import { getKey, setKey, toKvWrite } from '../../../../../src/agent/state/kv.ts';
import { createState, Store } from '../../../../../src/agent/state/store.ts';
import { DirEntry } from '../../../../../src/structs/kv.ts';
import { make } from '../../../../../src/structs/make.ts';
import { manualRuntime } from '../manual-runtime.ts';

function setup(options: { maxAnswers?: number; maxBytes?: number } = {}) {
  const runtime = manualRuntime();
  const store = new Store(runtime.clock.nowMs);
  const lease = { held: true };
  const reads = new SharedReads({
    store,
    ...runtime,
    nextTurn: (fn) => void runtime.clock.after(0, fn),
    mayAnswer: () => lease.held,
    meta: (Index) => ({ ...noMeta, Index }),
    ...options,
  });
  let index = 0;
  const counts = new Map<string, number>();
  const question = (key: string): Question<string> => ({
    key,
    read(state, watch) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const { index: at, row } = getKey(state, watch, key);
      return { index: at, reply: row?.value ?? 'none' };
    },
    sizeBytes: (reply) => reply.length,
  });
  const put = (key: string, value: string) => {
    index++;
    store.write(index, (tx) => setKey(tx, toKvWrite(key, make(DirEntry, { Key: key, Value: Buffer.from(value) }))));
    return index;
  };
  const wait = (key: string, minIndex: number, timeoutMs = 1_000, signal?: AbortSignal) =>
    Promise.resolve(
      reads.askBeyond(question(key), { minIndex, timeoutMs, signal }, () => ({ reply: 'asked again', meta: noMeta })),
    );
  const ask = (key: string): Answer<string> => reads.ask(question(key)) as Answer<string>;
  return { runtime, store, lease, reads, question, ask, put, wait, counts };
}

/** Whether a promise is settled by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = {};
  return (await Promise.race([promise.catch(() => 'failed'), Promise.resolve(pending)])) !== pending;
}

describe('SharedReads', () => {
  it('gives the same question the very same answer until something it read changes', () => {
    const { reads, put, counts, ask } = setup();
    put('a', '1');
    const first = ask('a');
    expect(ask('a')).toBe(first);
    expect(reads.kept('a')).toBe(first);
    put('b', '1');
    expect(first.isCurrent?.()).toBe(true);
    put('a', '2');
    expect(first.isCurrent?.()).toBe(false);
    expect(reads.kept('a')).toBeNull();
    const second = ask('a');
    expect(second).not.toBe(first);
    expect(second).toMatchObject({ reply: '2', meta: { Index: 3 } });
    expect(counts.get('a')).toBe(2);
  });

  it('never reports index 0', () => {
    const { ask } = setup();
    expect(ask('a').meta.Index).toBe(1);
  });

  it('moves the index of a missing key with its table, without waking who waits for the key', async () => {
    const { reads, put, wait, counts, ask } = setup();
    put('other', '1');
    const before = ask('missing');
    const waiting = wait('missing', 1);
    put('other', '2');
    reads.wake();
    expect(before.isCurrent?.()).toBe(false);
    expect(reads.kept('missing')).toMatchObject({ reply: before.reply, meta: { Index: 2 } });
    expect(counts.get('missing')).toBe(1);
    expect(await settled(waiting)).toBe(false);
    put('missing', 'here');
    reads.wake();
    expect(await waiting).toMatchObject({ reply: 'here', meta: { Index: 3 } });
  });

  it('does not call an answer current without the lease', () => {
    const { lease, ask } = setup();
    const answer = ask('a');
    lease.held = false;
    expect(answer.isCurrent?.()).toBe(false);
  });

  it('answers at once when there is news', async () => {
    const { reads, question, put } = setup();
    put('a', '1');
    put('a', '2');
    const now = reads.askBeyond(question('a'), { minIndex: 1, timeoutMs: 1_000, signal: undefined }, () => ({
      reply: '',
      meta: noMeta,
    }));
    expect(now).toMatchObject({ reply: '2' });
  });

  it('wakes who waits on a key by its change, and nobody else', async () => {
    const { reads, put, wait } = setup();
    put('a', '1');
    put('b', '1');
    const a = wait('a', 1);
    const b = wait('b', 2);
    put('a', '2');
    reads.wake();
    expect(await a).toMatchObject({ reply: '2', meta: { Index: 3 } });
    expect(await settled(b)).toBe(false);
    expect(reads.waiting).toBe(1);
    reads.stop();
    await expect(b).rejects.toThrow('shutting down');
  });

  it('reads once for all who wait on the same', async () => {
    const { reads, put, wait, counts, runtime } = setup();
    put('a', '1');
    const all = Array.from({ length: 1_000 }, () => wait('a', 1));
    expect(counts.get('a')).toBe(1);
    put('a', '2');
    reads.wake();
    expect(reads.waiting).toBe(968);
    runtime.advance(0);
    const answers = await Promise.all(all);
    expect(new Set(answers).size).toBe(1);
    expect(counts.get('a')).toBe(2);
  });

  it('keeps waiting when the index did not get beyond what the asker knows', async () => {
    const { reads, put, wait, runtime } = setup();
    put('a', '1');
    const ahead = wait('a', 99_999, 500);
    put('a', '2');
    reads.wake();
    expect(await settled(ahead)).toBe(false);
    runtime.advance(600);
    expect(await ahead).toMatchObject({ reply: '2', meta: { Index: 2 } });
  });

  it('gives what there is at the timeout, not before it and at most a sixteenth later', async () => {
    const { put, wait, runtime } = setup();
    put('a', '1');
    const waiting = wait('a', 1, 16_000);
    runtime.advance(15_999);
    expect(await settled(waiting)).toBe(false);
    runtime.advance(1_300);
    expect(await waiting).toMatchObject({ reply: '1', meta: { Index: 1 } });
    expect(runtime.pending()).toBe(0);
  });

  it('lets go of a waiter whose client went away', async () => {
    const { reads, store, put, wait, runtime } = setup({ maxBytes: 0 });
    put('a', '1');
    const client = new AbortController();
    const waiting = wait('a', 1, 1_000, client.signal);
    expect(reads.waiting).toBe(1);
    client.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(reads.waiting).toBe(0);
    expect(store.watches.size).toBe(0);
    runtime.advance(2_000);
    expect(runtime.pending()).toBe(0);
  });

  it('wakes everybody, news or not, when the state is replaced', async () => {
    const { reads, store, put, wait } = setup();
    put('a', '1');
    const waiting = wait('a', 50);
    store.replace(createState());
    reads.abandon();
    expect(await waiting).toMatchObject({ reply: 'none', meta: { Index: 1 } });
  });

  it('makes waiters ask again when this server may no longer answer', async () => {
    const { reads, put, wait, lease } = setup();
    put('a', '1');
    const waiting = wait('a', 1);
    lease.held = false;
    reads.interrupt();
    expect(await waiting).toMatchObject({ reply: 'asked again' });
  });

  it('forgets the answers nobody asked for lately, but no waiter', async () => {
    const { reads, store, put, wait, ask } = setup({ maxAnswers: 3 });
    put('w', '1');
    const waiting = wait('w', 1);
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      ask('hot');
      ask(key);
    }
    expect(reads.kept('hot')).not.toBeNull();
    expect(reads.kept('a')).toBeNull();
    expect(store.watches.size).toBeLessThanOrEqual(4);
    put('w', '2');
    reads.wake();
    expect(await waiting).toMatchObject({ reply: '2' });
  });

  it('keeps no answer that is larger than all it may keep, but still wakes its waiters', async () => {
    const { reads, put, wait, ask } = setup({ maxBytes: 4_000 });
    put('big', 'x'.repeat(10_000));
    expect(ask('big').reply).toHaveLength(10_000);
    expect(reads.kept('big')).toBeNull();
    const waiting = wait('big', 1);
    put('big', 'small');
    reads.wake();
    expect(await waiting).toMatchObject({ reply: 'small' });
  });
});
