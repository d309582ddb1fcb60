/** One holder at a time: the lock recipe over a key and a session, as Consul's own clients do it (they work together). */
import { statusOf } from './errors.ts';
import type { Answer } from './http.ts';
import type { KvApi } from './kv.ts';
import { openLockSession } from './lock-session.ts';
import { deadline, type Pace, realPace } from './pace.ts';
import type { SessionApi } from './session.ts';
import type { KvPair } from './types.ts';

/** Marks keys used as locks, so that nothing else is taken for one. */
export const lockFlags = 0x2ddccbc058a50c18n;

/** Between attempts while the key is free but cannot be taken (lock delay). */
const retryMs = 5_000;
const monitorRetryMs = 2_000;
const waitMs = 15_000;

export interface LockOptions {
  readonly key: string;
  readonly sessionName: string;
  /** Give up after this long; undefined: never. */
  readonly timeoutMs?: number | undefined;
  /** Server errors (5xx) in a row that do not count as a lost lock. */
  readonly monitorRetries: number;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
  readonly pace?: Pace | undefined;
}

export interface Held {
  /** Resolves when the lock is lost; never after `release`. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
  /** Takes away the key(s) when nobody holds or wants them; false: they are in use. */
  cleanUp(): Promise<boolean>;
}

/** Thrown when the key is used for something else. */
export class LockConflict extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LockConflict';
  }
}

interface Apis {
  readonly kv: KvApi;
  readonly session: SessionApi;
}

function checkUse(pair: KvPair | null): void {
  if (pair !== null && BigInt(pair.Flags) !== lockFlags) {
    throw new LockConflict('Existing key does not match lock use');
  }
}

/** undefined: given up, by the signal or the timeout. */
export async function acquireLock({ kv, session: sessions }: Apis, options: LockOptions): Promise<Held | undefined> {
  const { key, pace = realPace } = options;
  const session = await openLockSession(sessions, { Name: options.sessionName }, pace);
  const limit = deadline(options.timeoutMs, options.signal, pace);
  try {
    if (await takeKey(kv, key, session.id, limit.signal, pace)) return hold();
    await session.end();
    return undefined;
  } catch (error) {
    await session.end().catch(() => undefined);
    throw error;
  } finally {
    limit.done();
  }

  function hold(): Held {
    const over = new AbortController();
    const read = (index?: number) =>
      kv.get(key, { consistent: true, signal: over.signal, ...(index !== undefined && { index, waitMs }) });
    const mine = (pair: KvPair | null): boolean => pair?.Session === session.id;
    return {
      lost: monitor(read, mine, options.monitorRetries, over.signal, pace),
      async release() {
        over.abort();
        try {
          await kv.put(key, '', { release: session.id, flags: lockFlags });
        } finally {
          await session.end();
        }
      },
      async cleanUp() {
        const { value: pair } = await kv.get(key);
        if (pair === null) return true;
        checkUse(pair);
        return !pair.Session && (await kv.delete(key, { cas: pair.ModifyIndex }));
      },
    };
  }
}

async function takeKey(kv: KvApi, key: string, session: string, signal: AbortSignal, pace: Pace): Promise<boolean> {
  let index: number | undefined;
  while (!signal.aborted) {
    try {
      const { value: pair, meta } = await kv.get(key, { signal, ...(index !== undefined && { index, waitMs }) });
      checkUse(pair);
      if (pair?.Session && pair.Session !== session) {
        index = meta.index;
        continue;
      }
      if (pair?.Session === session || (await kv.put(key, '', { acquire: session, flags: lockFlags }))) return true;
      index = undefined;
      // Free but not for the taking: either somebody was faster, or the last holder failed and the key rests a while.
      const { value: now } = await kv.get(key, { signal });
      if (!now?.Session) await pace.pause(retryMs, signal);
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }
  return false;
}

/** Resolves when `holds` is false of what `read` answers, or when asking fails for good; never once aborted. */
export async function monitor<T>(
  read: (index?: number) => Promise<Answer<T>>,
  holds: (value: T) => boolean,
  retries: number,
  signal: AbortSignal,
  pace: Pace,
): Promise<void> {
  let index: number | undefined;
  let left = retries;
  while (!signal.aborted) {
    try {
      const { value, meta } = await read(index);
      if (signal.aborted) break;
      if (!holds(value)) return;
      index = meta.index;
      left = retries;
    } catch (error) {
      if (signal.aborted) break;
      if (statusOf(error) < 500 || left === 0) return;
      left -= 1;
      index = undefined;
      await pace.pause(monitorRetryMs, signal);
    }
  }
  // Released, not lost.
  await new Promise<never>(() => undefined);
}
