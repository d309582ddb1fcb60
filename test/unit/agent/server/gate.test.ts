import { describe, expect, it } from 'vitest';
import { Gate } from '../../../../src/agent/server/gate.ts';
import { manualRuntime } from './manual-runtime.ts';

const holdTimeoutMs = 7_000;
const unreachable = new Error('rpc error getting client: failed to get conn: connection refused');

function held(because: Error | null) {
  const runtime = manualRuntime();
  const gate = new Gate(runtime, holdTimeoutMs);
  const deadlineMs = gate.deadlineMs();
  const cancelled = new AbortController();
  let tries = 0;
  /** Fails as long as nothing works. */
  let works = false;
  const retry = (): string | Promise<string> => {
    tries++;
    return works ? 'done' : hold();
  };
  const hold = (): Promise<string> => gate.hold(retry, { deadlineMs, signal: cancelled.signal, because });
  const outcome = hold().then(
    (text) => text,
    (error: Error) => error.message,
  );
  /** In steps, between which calls go on. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 10) {
      runtime.advance(10);
      for (let i = 0; i < 10; i++) await null;
    }
  };
  return {
    runtime,
    gate,
    outcome,
    pass,
    cancel: () => cancelled.abort(new Error('cancelled')),
    heal: () => {
      works = true;
    },
    tries: () => tries,
  };
}

describe('a call that is held', () => {
  it('while there is no leader only waits for one', async () => {
    const { gate, heal, outcome, pass, tries, runtime } = held(null);
    await pass(5_000);
    expect(tries()).toBe(0);
    heal();
    gate.open();
    expect(await outcome).toBe('done');
    expect(runtime.pending()).toBe(0);
  });

  it('goes on in its turn when there are many, or ends before it', async () => {
    const runtime = manualRuntime();
    const gate = new Gate(runtime, holdTimeoutMs);
    let done = 0;
    const gone = new AbortController();
    const waiting = { deadlineMs: gate.deadlineMs(), because: null };
    const calls = Array.from({ length: 1000 }, (_, i) =>
      gate.hold(() => ++done, { ...waiting, signal: i === 999 ? gone.signal : undefined }),
    );
    const outcomes = Promise.allSettled(calls);
    gate.open();
    for (let i = 0; i < 10; i++) await null;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(100);
    gone.abort(new Error('cancelled'));
    // Whoever comes meanwhile is none of them.
    const late = gate.hold(() => 'late', { ...waiting, signal: undefined });
    runtime.advance(10);
    expect((await outcomes).filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(done).toBe(999);
    gate.open();
    expect(await late).toBe('late');
    expect(runtime.pending()).toBe(0);
  });

  it('because its leader cannot be reached is tried again soon, without news of Raft', async () => {
    const { heal, outcome, pass, tries, runtime } = held(unreachable);
    await pass(2_000);
    expect(tries()).toBeGreaterThan(4);
    heal();
    await pass(holdTimeoutMs / 16);
    expect(await outcome).toBe('done');
    expect(runtime.pending()).toBe(0);
  });

  it.each([
    ['that there is no leader', null, 'No cluster leader'],
    ['why the leader could not be asked', unreachable, unreachable.message],
  ])('says in the end %s', async (_, because, message) => {
    const { outcome, pass, runtime } = held(because);
    await pass(holdTimeoutMs);
    expect(await outcome).toBe(message);
    expect(runtime.pending()).toBe(0);
  });

  it.each([null, unreachable])('ends when its client has gone', async (because) => {
    const { cancel, outcome, runtime } = held(because);
    cancel();
    expect(await outcome).toBe('cancelled');
    expect(runtime.pending()).toBe(0);
  });

  it.each([null, unreachable])('ends when the agent stops', async (because) => {
    const { gate, outcome, runtime } = held(because);
    gate.stop();
    expect(await outcome).toMatch(/shutting down/);
    expect(runtime.pending()).toBe(0);
  });
});
