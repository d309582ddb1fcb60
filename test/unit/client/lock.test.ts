import { describe, expect, it } from 'vitest';
import { consulHttp } from '../../../src/client/http.ts';
import { kvApi } from '../../../src/client/kv.ts';
import { acquireLock } from '../../../src/client/lock.ts';
import { sessionTtlMs } from '../../../src/client/lock-session.ts';
import type { Pace } from '../../../src/client/pace.ts';
import { acquireSemaphore } from '../../../src/client/semaphore.ts';
import { sessionApi } from '../../../src/client/session.ts';
import { resolveSettings } from '../../../src/client/settings.ts';
import { fakeConsul } from './fake-consul.ts';

/** Time that stands still until `pass`. */
function handTime() {
  let nowMs = 0;
  let pauses: { atMs: number; wake: () => void }[] = [];
  const pace: Pace = {
    wallMs: () => nowMs,
    float: () => 0,
    pause: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        pauses.push({ atMs: nowMs + ms, wake: resolve });
        signal?.addEventListener('abort', () => resolve());
      }),
  };
  async function pass(ms: number): Promise<void> {
    nowMs += ms;
    const due = pauses.filter(({ atMs }) => atMs <= nowMs);
    pauses = pauses.filter(({ atMs }) => atMs > nowMs);
    for (const { wake } of due) wake();
    await settle();
  }
  return { pace, pass };
}

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const consul = fakeConsul();
  const http = consulHttp(resolveSettings({}), consul.transport);
  const apis = { kv: kvApi(http), session: sessionApi(http) };
  const { pace, pass } = handTime();
  const stop = new AbortController();
  const shared = { sessionName: 'test', monitorRetries: 0, signal: stop.signal, pace };
  return {
    consul,
    apis,
    pass,
    stop,
    lock: (timeoutMs?: number) => acquireLock(apis, { ...shared, key: 'l/.lock', timeoutMs }),
    semaphore: (limit: number, timeoutMs?: number) =>
      acquireSemaphore(apis, { ...shared, prefix: 'l', limit, timeoutMs }),
  };
}

describe('a lock', () => {
  it('is taken, given back, and leaves nothing behind', async () => {
    const { consul, lock } = setUp();
    const held = await lock();
    expect(consul.keys.get('l/.lock')).toMatchObject({ Flags: 0x2ddccbc058a50c18n, LockIndex: 1 });
    expect([...consul.sessions.values()]).toEqual([{ Behavior: 'release', Name: 'test' }]);
    await held?.release();
    expect(consul.sessions.size).toBe(0);
    expect(await held?.cleanUp()).toBe(true);
    expect(consul.keys.size).toBe(0);
  });

  it('waits for its holder and goes on when that one releases', async () => {
    const { consul, lock } = setUp();
    const first = await lock();
    let second: unknown;
    const waiting = lock().then((held) => {
      second = held;
      return held;
    });
    await settle();
    expect(second).toBeUndefined();
    await first?.release();
    const held = await waiting;
    expect(held).toBeDefined();
    expect(await first?.cleanUp()).toBe(false);
    await held?.release();
    expect(consul.sessions.size).toBe(0);
  });

  it('gives up after its timeout and ends its session', async () => {
    const { consul, lock, pass } = setUp();
    await lock();
    const waiting = lock(500);
    await settle();
    await pass(500);
    expect(await waiting).toBeUndefined();
    expect(consul.sessions.size).toBe(1);
  });

  it('gives up when told to', async () => {
    const { lock, stop } = setUp();
    await lock();
    const waiting = lock();
    await settle();
    stop.abort();
    expect(await waiting).toBeUndefined();
  });

  it('is lost when its session ends', async () => {
    const { consul, lock } = setUp();
    const held = await lock();
    await settle();
    consul.endSession([...consul.sessions.keys()][0]!);
    await expect(held?.lost).resolves.toBeUndefined();
  });

  it('is not lost by being released', async () => {
    const { lock } = setUp();
    const held = await lock();
    let lost = false;
    void held?.lost.then(() => {
      lost = true;
    });
    await held?.release();
    await settle();
    expect(lost).toBe(false);
  });

  it('keeps no session alive when it cannot be given back', async () => {
    const { consul, apis, lock, pass } = setUp();
    const held = await lock();
    apis.kv.put = () => Promise.reject(new Error('refused'));
    await expect(held?.release()).rejects.toThrow('refused');
    const before = consul.requests.length;
    await pass(sessionTtlMs);
    expect(consul.requests.slice(before)).toEqual([]);
  });

  it('renews its session at half its life', async () => {
    const { consul, lock, pass } = setUp();
    await lock();
    const renewals = () => consul.requests.filter((line) => line.includes('/renew/')).length;
    await pass(sessionTtlMs / 2);
    expect(renewals()).toBe(1);
    await pass(sessionTtlMs / 2);
    expect(renewals()).toBe(2);
  });

  it('refuses a key that is used for something else', async () => {
    const { consul, apis, lock } = setUp();
    await apis.kv.put('l/.lock', 'mine', { flags: 7 });
    await expect(lock()).rejects.toThrow('Existing key does not match lock use');
    expect(consul.sessions.size).toBe(0);
  });
});

describe('a semaphore', () => {
  it('has room for as many as its limit', async () => {
    const { consul, semaphore, pass } = setUp();
    const first = await semaphore(2);
    const second = await semaphore(2);
    const third = semaphore(2, 500);
    await settle();
    await pass(500);
    expect(await third).toBeUndefined();
    await first?.release();
    const fourth = await semaphore(2);
    expect(fourth).toBeDefined();
    expect(await first?.cleanUp()).toBe(false);
    await second?.release();
    await fourth?.release();
    expect(await fourth?.cleanUp()).toBe(true);
    expect(consul.keys.size).toBe(0);
    expect(consul.sessions.size).toBe(0);
  });

  it('forgets holders whose session died', async () => {
    const { consul, semaphore } = setUp();
    const dead = await semaphore(1);
    const lost = dead?.lost;
    await settle();
    consul.endSession([...consul.sessions.keys()][0]!);
    const next = await semaphore(1);
    expect(next).toBeDefined();
    await expect(lost).resolves.toBeUndefined();
  });

  it('refuses another limit and other uses of the prefix', async () => {
    const { consul, semaphore, lock } = setUp();
    const held = await semaphore(2);
    await expect(semaphore(3)).rejects.toThrow('semaphore limit conflict (lock: 2, local: 3)');
    await expect(lock()).rejects.toThrow('Existing key does not match lock use');
    await held?.release();
    await held?.cleanUp();
    await lock();
    await expect(semaphore(2)).rejects.toThrow('Existing key does not match semaphore use');
    expect(consul.sessions.size).toBe(1);
  });
});
