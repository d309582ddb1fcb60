import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { consoleOutput } from '../../../../src/agent/telemetry/console-output.ts';
import { type LineOutput, LineQueue } from '../../../../src/agent/telemetry/line-queue.ts';
import { FakeClock, settle } from './fake-clock.ts';

/** An output that fails on demand and takes a given number of lines a write. */
function fakeOutput() {
  const state = {
    batches: [] as string[][],
    failWith: null as Error | null,
    takesBeforeFailure: 0,
    gate: Promise.resolve(),
    closed: false,
  };
  const output: LineOutput = {
    async write(lines) {
      await state.gate;
      const taken = state.failWith === null ? lines.length : Math.min(state.takesBeforeFailure, lines.length);
      state.batches.push(lines.slice(0, taken).map(({ line }) => line));
      return { written: taken, error: state.failWith };
    },
    writeSync: (lines) => void state.batches.push(lines.map(({ line }) => line)),
    close: async () => {
      state.closed = true;
    },
  };
  return { state, output, all: () => state.batches.flat() };
}

describe('the queue of log lines', () => {
  it('writes the lines of one turn in one go', async () => {
    const { output, state } = fakeOutput();
    const queue = new LineQueue({ clock: new FakeClock(), output });
    queue.push('a');
    queue.push('b');
    await queue.flush();
    queue.push('c');
    await queue.flush();
    expect(state.batches).toEqual([['a', 'b'], ['c']]);
  });

  it('holds everything until it is released', async () => {
    const { output, all } = fakeOutput();
    const queue = new LineQueue({ clock: new FakeClock(), output, held: true });
    queue.push('a');
    await settle();
    expect(all()).toEqual([]);
    queue.release();
    await queue.flush();
    expect(all()).toEqual(['a']);
  });

  it('drops what does not fit and says how many lines were lost', async () => {
    const { output, all, state } = fakeOutput();
    let open = (): void => {};
    state.gate = new Promise((resolve) => {
      open = resolve;
    });
    const queue = new LineQueue({
      clock: new FakeClock(),
      output,
      limitBytes: 4,
      lostLine: (count) => ({ line: `lost ${count}`, tag: 0 }),
    });
    for (const line of ['aa', 'bb', 'cc', 'dd', 'ee']) queue.push(line);
    expect(queue.lostCount).toBe(3);
    open();
    await queue.flush();
    expect(all()).toEqual(['aa', 'bb', 'lost 3']);
    expect(queue.lostCount).toBe(0);
    queue.push('ff');
    await queue.flush();
    expect(all().at(-1)).toBe('ff');
  });

  it('retries with growing pauses, in order, without repeating what was written', async () => {
    const clock = new FakeClock();
    const { output, all, state } = fakeOutput();
    const failures: string[] = [];
    const queue = new LineQueue({ clock, output, onFailure: (error) => failures.push(error.message) });
    state.failWith = new Error('disk full');
    state.takesBeforeFailure = 1;
    for (const line of ['a', 'b', 'c']) queue.push(line);
    await settle();
    state.takesBeforeFailure = 0;
    clock.advance(250);
    await settle();
    queue.push('d');
    state.failWith = null;
    clock.advance(499);
    await settle();
    expect(all()).toEqual(['a']);
    clock.advance(1);
    await settle();
    expect(all()).toEqual(['a', 'b', 'c', 'd']);
    expect(failures).toEqual(['disk full']);
    state.failWith = new Error('again');
    queue.push('e');
    await settle();
    expect(failures).toEqual(['disk full', 'again']);
  });

  it('flushes on stop, also what failed before, and leaves no timer', async () => {
    const clock = new FakeClock();
    const { output, all, state } = fakeOutput();
    const queue = new LineQueue({ clock, output });
    state.failWith = new Error('disk full');
    queue.push('a');
    await settle();
    state.failWith = null;
    queue.push('b');
    await queue.stop();
    queue.push('c');
    await settle();
    expect(all()).toEqual(['a', 'b']);
    expect(state.closed).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  it('gives up on an output that stalls when the time to stop is over', async () => {
    const clock = new FakeClock();
    const { output, state } = fakeOutput();
    state.gate = new Promise(() => {});
    const queue = new LineQueue({ clock, output });
    queue.push('a');
    await settle();
    const stopped = queue.stop(2000);
    clock.advance(2000);
    await stopped;
    expect(clock.timerCount).toBe(0);
  });

  it('writes everything at once before the process dies', async () => {
    const { output, all, state } = fakeOutput();
    const queue = new LineQueue({ clock: new FakeClock(), output, held: true });
    queue.push('a');
    queue.push('b');
    queue.flushSync();
    queue.flushSync();
    expect(all()).toEqual(['a', 'b']);
    expect(state.batches).toHaveLength(1);
  });
});

describe('the console output', () => {
  it('waits for a slow stream and survives one that breaks', async () => {
    const chunks: string[] = [];
    let finish = (_error?: Error): void => {};
    const stream = new Writable({
      write(chunk, _encoding, done) {
        chunks.push(String(chunk));
        finish = done;
      },
    });
    const queue = new LineQueue({ clock: new FakeClock(), output: consoleOutput(stream) });
    queue.push('a\n');
    await settle();
    queue.push('b\n');
    queue.push('c\n');
    await settle();
    expect(chunks).toEqual(['a\n']);
    finish();
    await settle();
    expect(chunks).toEqual(['a\n', 'b\nc\n']);
    finish(new Error('EPIPE'));
    await settle();
    queue.push('d\n');
    await queue.flush();
    expect(chunks).toHaveLength(2);
  });
});
