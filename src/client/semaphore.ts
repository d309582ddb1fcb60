/** Up to N holders at a time: the semaphore recipe over a prefix, as Consul's own clients do it (they work together). */
import type { Answer, QueryOptions } from './http.ts';
import { bytesOf, type KvApi } from './kv.ts';
import { type Held, LockConflict, type LockOptions, monitor } from './lock.ts';
import { openLockSession } from './lock-session.ts';
import { deadline, realPace } from './pace.ts';
import type { SessionApi } from './session.ts';
import type { KvPair } from './types.ts';

/** Marks keys of semaphores, so that nothing else is taken for one. */
export const semaphoreFlags = 0xe0f69a2baa414de0n;

const waitMs = 15_000;

export interface SemaphoreOptions extends Omit<LockOptions, 'key'> {
  readonly prefix: string;
  /** Holders at a time. */
  readonly limit: number;
}

/** What the `.lock` key holds. */
interface Slots {
  readonly Limit: number;
  readonly Holders: Readonly<Record<string, boolean>>;
}

interface State {
  /** undefined before the first holder. */
  readonly lock: KvPair | undefined;
  readonly slots: Slots;
  /** Sessions of those who hold or wait, alive. */
  readonly alive: ReadonlySet<string>;
}

interface Apis {
  readonly kv: KvApi;
  readonly session: SessionApi;
}

/** undefined: given up, by the signal or the timeout. */
export async function acquireSemaphore(
  { kv, session: sessions }: Apis,
  options: SemaphoreOptions,
): Promise<Held | undefined> {
  const { pace = realPace, limit } = options;
  const prefix = `${options.prefix.replace(/\/+$/, '')}/`;
  const lockKey = `${prefix}.lock`;
  // `delete`: the entry of one who waits goes with its session.
  const session = await openLockSession(sessions, { Name: options.sessionName, Behavior: 'delete' }, pace);
  const entryKey = prefix + session.id;
  const time = deadline(options.timeoutMs, options.signal, pace);
  try {
    if (await takeSlot(time.signal)) return hold();
    await session.end();
    return undefined;
  } catch (error) {
    await session.end().catch(() => undefined);
    throw error;
  } finally {
    time.done();
  }

  function stateOf(pairs: readonly KvPair[]): State {
    for (const pair of pairs) {
      if (BigInt(pair.Flags) !== semaphoreFlags) throw new LockConflict('Existing key does not match semaphore use');
    }
    const lock = pairs.find(({ Key }) => Key === lockKey);
    const slots = parseSlots(lock) ?? { Limit: limit, Holders: {} };
    if (slots.Limit !== limit) {
      throw new LockConflict(`semaphore limit conflict (lock: ${slots.Limit}, local: ${limit})`);
    }
    const alive = new Set(pairs.filter(({ Key }) => Key !== lockKey).map(({ Session }) => Session ?? ''));
    return { lock, slots, alive };
  }

  async function list(query: QueryOptions): Promise<Answer<State>> {
    const { value, meta } = await kv.list(prefix, query);
    return { value: stateOf(value ?? []), meta };
  }

  function write(slots: Slots, before: KvPair | undefined): Promise<boolean> {
    return kv.put(lockKey, JSON.stringify(slots), { cas: before?.ModifyIndex ?? 0, flags: semaphoreFlags });
  }

  async function takeSlot(signal: AbortSignal): Promise<boolean> {
    if (!(await kv.put(entryKey, '', { acquire: session.id, flags: semaphoreFlags }))) {
      throw new Error('failed to make contender entry');
    }
    let index: number | undefined;
    while (!signal.aborted) {
      try {
        const { value: state, meta } = await list({ signal, ...(index !== undefined && { index, waitMs }) });
        // Holders whose session died made room.
        const holders = Object.keys(state.slots.Holders).filter((id) => state.alive.has(id));
        if (holders.length >= limit) {
          index = meta.index;
          continue;
        }
        const all = [...holders, session.id].map((id) => [id, true] as const);
        if (await write({ Limit: limit, Holders: Object.fromEntries(all) }, state.lock)) return true;
        index = undefined;
      } catch (error) {
        if (signal.aborted) return false;
        throw error;
      }
    }
    return false;
  }

  function hold(): Held {
    const over = new AbortController();
    const read = (index?: number) =>
      list({ consistent: true, signal: over.signal, ...(index !== undefined && { index, waitMs }) });
    const mine = (state: State): boolean => Object.hasOwn(state.slots.Holders, session.id);
    return {
      lost: monitor(read, mine, options.monitorRetries, over.signal, pace),

      async release() {
        over.abort();
        try {
          let released = false;
          while (!released) {
            const { value: lock } = await kv.get(lockKey);
            const slots = parseSlots(lock ?? undefined);
            if (lock === null || slots === undefined || !Object.hasOwn(slots.Holders, session.id)) break;
            const { [session.id]: _, ...others } = slots.Holders;
            released = await write({ ...slots, Holders: others }, lock);
          }
          await kv.delete(entryKey);
        } finally {
          await session.end();
        }
      },

      async cleanUp() {
        const { value } = await list({});
        if (value.lock === undefined) return true;
        const used = value.alive.size > 0 || Object.keys(value.slots.Holders).some((id) => value.alive.has(id));
        return !used && (await kv.delete(lockKey, { cas: value.lock.ModifyIndex }));
      },
    };
  }
}

function parseSlots(lock: KvPair | undefined): Slots | undefined {
  if (lock === undefined || !lock.Value) return undefined;
  const slots = JSON.parse(bytesOf(lock).toString()) as Partial<Slots> | null;
  return { Limit: slots?.Limit ?? 0, Holders: slots?.Holders ?? {} };
}
