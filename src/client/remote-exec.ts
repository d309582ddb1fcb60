/** Runs a command on many agents: puts the job down, fires the event, and follows what the agents write. */
import { type RemoteExecCall, type RemoteExecJob, remoteExecEvent, remoteExecKeys } from '../structs/remote-exec.ts';
import type { Client } from './index.ts';
import { bytesOf } from './kv.ts';
import { deadline, type Pace, realPace } from './pace.ts';

export interface RemoteExecOptions extends RemoteExecCall {
  readonly job: Omit<RemoteExecJob, 'Wait'>;
  readonly node: string;
  readonly service: string;
  readonly tag: string;
  /** Ends when no agent gave a sign of life for so long. */
  readonly waitMs: number;
  /** Between putting the job down and the event: servers must have it before agents ask. */
  readonly replicationMs: number;
  readonly signal: AbortSignal;
  readonly pace?: Pace;
}

export type RemoteExecStep =
  | { readonly kind: 'uploaded' }
  | { readonly kind: 'fired'; readonly event: string }
  | { readonly kind: 'acknowledged'; readonly node: string }
  | { readonly kind: 'output'; readonly node: string; readonly data: Buffer }
  | { readonly kind: 'finished'; readonly node: string; readonly code: number };

/** Thrown for what cannot be begun, with the step that failed. */
export class RemoteExecError extends Error {
  constructor(step: string, cause: unknown) {
    super(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'RemoteExecError';
  }
}

type Apis = Pick<Client, 'kv' | 'event'>;

/** Yields each step as it becomes known; ends when the agents are silent, or the signal aborts. */
export async function* remoteExec({ kv, event }: Apis, options: RemoteExecOptions): AsyncGenerator<RemoteExecStep> {
  const { Prefix, Session, node, service, tag, waitMs, signal, pace = realPace } = options;
  const keys = remoteExecKeys(options);
  const job: RemoteExecJob = { ...options.job, Wait: Math.round(waitMs * 1e6) };
  await step('Failed to create job file', async () => {
    if (!(await kv.put(keys.job, JSON.stringify(job), { acquire: Session }))) throw new Error('key is locked already');
  });
  yield { kind: 'uploaded' };
  await pace.pause(options.replicationMs, signal);
  if (signal.aborted) return;
  const call: RemoteExecCall = { Prefix, Session };
  const fired = await step('Failed to fire event', () =>
    event.fire(remoteExecEvent, JSON.stringify(call), { node, service, tag }),
  );
  yield { kind: 'fired', event: fired.ID };

  const seen = new Set<string>([keys.job]);
  let index: number | undefined;
  let running = 0;
  let joinedMs = pace.wallMs();
  for (;;) {
    // Nodes still to come have their time since the last one came; who has begun but not ended gets more patience.
    const limitMs = running > 0 ? 2 * waitMs : Math.max(0, joinedMs + waitMs - pace.wallMs());
    const limit = deadline(limitMs, signal, pace);
    try {
      while (!limit.signal.aborted) {
        const answer = await kv.keys(keys.folder, '', { signal: limit.signal, ...(index !== undefined && { index }) });
        index = answer.meta.index;
        const fresh = (answer.value ?? []).filter((key) => !seen.has(key));
        if (fresh.length === 0) continue;
        // What a node said comes before its end.
        const ends = fresh.filter((key) => key.endsWith('/exit'));
        for (const key of [...fresh.filter((key) => !key.endsWith('/exit')), ...ends]) {
          seen.add(key);
          const found = await read(kv, keys.folder, key, signal);
          if (found === undefined) continue;
          if (found.kind === 'acknowledged') {
            running++;
            joinedMs = pace.wallMs();
          }
          if (found.kind === 'finished') running--;
          yield found;
        }
        break;
      }
      if (limit.signal.aborted) return;
    } catch (error) {
      if (limit.signal.aborted) return;
      throw error;
    } finally {
      limit.done();
    }
  }
}

async function read(
  kv: Apis['kv'],
  folder: string,
  key: string,
  signal: AbortSignal,
): Promise<RemoteExecStep | undefined> {
  const what = /^(.+?)\/(ack|exit|out\/[0-9a-f]+)$/.exec(key.slice(folder.length));
  const node = what?.[1];
  if (node === undefined) return undefined;
  if (what?.[2] === 'ack') return { kind: 'acknowledged', node };
  const { value: pair } = await kv.get(key, { signal });
  const data = pair === null ? Buffer.alloc(0) : bytesOf(pair);
  if (what?.[2] !== 'exit') return { kind: 'output', node, data };
  const code = Number.parseInt(data.toString(), 10);
  return { kind: 'finished', node, code: Number.isNaN(code) ? 255 : code };
}

async function step<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new RemoteExecError(what, error);
  }
}
