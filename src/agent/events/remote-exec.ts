/**
 * The agent's side of `exec`: an event names a job in the KV store; it is run, and what it says and how it ended is
 * written beside it. All keys are held by the session of whoever asked: when that is gone, nobody listens any more.
 */
import { messageOf } from '../../lib/message-of.ts';
import type { Clock } from '../../lib/runtime.ts';
import { DirEntry } from '../../structs/kv.ts';
import { make } from '../../structs/make.ts';
import { type RemoteExecCall, type RemoteExecJob, remoteExecKeys } from '../../structs/remote-exec.ts';
import { RpcError } from '../errors.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Logger } from '../telemetry/api.ts';
import { JobRun } from './job-run.ts';
import type { UserEvent } from './user-event.ts';

export interface RemoteExecOptions {
  readonly nodeName: string;
  readonly datacenter: string;
  /** Calls in the agent's own name. */
  readonly rpc: RpcCaller;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Jobs at a time; whoever fires more events than that waits for another day. */
const maxJobs = 64;
/** A piece of output has at most so many bytes, and is not kept longer than that before it is written. */
const pieceBytes = 4 * 1024;
const gatherMs = 500;
/** What a job without a word on it waits. */
const defaultWaitMs = 2_000;

export class RemoteExec {
  readonly #options: RemoteExecOptions;
  readonly #running = new Set<JobRun>();
  #stopped = false;

  constructor(options: RemoteExecOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong is logged. */
  async handle({ Payload }: Pick<UserEvent, 'Payload'>): Promise<void> {
    const { logger } = this.#options;
    const call = callOf(Payload);
    if (call === null) {
      logger.error('failed to decode remote exec event');
      return;
    }
    logger.debug('received remote exec event', { session: call.Session });
    if (this.#running.size >= maxJobs) {
      logger.error('too many remote exec jobs at a time', { limit: maxJobs });
      return;
    }
    try {
      await this.#execute(call);
    } catch (error) {
      logger.error('remote exec failed', { session: call.Session, error: messageOf(error) });
    }
  }

  /** Ends what runs. */
  stop(): void {
    this.#stopped = true;
    for (const run of this.#running) run.kill();
  }

  async #execute(call: RemoteExecCall): Promise<void> {
    const { nodeName, clock } = this.#options;
    const keys = remoteExecKeys(call);
    const job = await this.#job(keys.job);
    await this.#write(call, keys.ack(nodeName), '');
    if (this.#stopped) return;
    const run = new JobRun(job);
    this.#running.add(run);
    let pieces = 0;
    const say = (data: Uint8Array | string) => this.#write(call, keys.output(nodeName, pieces++), data);
    try {
      const silenceMs = job.Wait > 0 ? job.Wait / 1e6 : defaultWaitMs;
      const listening = await follow(run, { clock, say, silenceMs });
      const code = await run.ended;
      if (listening && !this.#stopped) await this.#write(call, keys.exit(nodeName), String(code));
    } finally {
      this.#running.delete(run);
      run.discard();
    }
  }

  async #job(Key: string): Promise<RemoteExecJob> {
    const { rpc, datacenter } = this.#options;
    const { reply } = await rpc.call('KVS.Get', { Datacenter: datacenter, Key, AllowStale: true });
    const value = reply.Entries?.[0]?.Value;
    if (value === undefined || value === null) throw new RpcError('job does not exist');
    const job = jobOf(value);
    if (job === null) throw new RpcError('failed to decode job');
    return job;
  }

  async #write({ Session }: RemoteExecCall, Key: string, data: Uint8Array | string): Promise<void> {
    const { rpc, datacenter } = this.#options;
    const DirEnt = make(DirEntry, { Key, Value: data.length === 0 ? null : Buffer.from(data), Session });
    const { reply } = await rpc.call('KVS.Apply', { Datacenter: datacenter, Op: 'lock', DirEnt });
    if (!reply) throw new RpcError('write failed');
  }
}

interface Following {
  readonly clock: Clock;
  readonly say: (data: Uint8Array | string) => Promise<void>;
  /** After half of that without a word a sign of life is due. */
  readonly silenceMs: number;
}

/** Writes the output down, piece by piece, until there is no more. False when nobody listens any more: the job goes on. */
async function follow(run: JobRun, { clock, say, silenceMs }: Following): Promise<boolean> {
  try {
    for (;;) {
      const piece = await run.read(pieceBytes, { clock, gatherMs, silenceMs: silenceMs / 2 });
      if (piece === null) return true;
      await say(piece);
    }
  } catch (error) {
    run.ignore();
    await run.ended;
    throw error;
  }
}

function callOf(payload: Uint8Array | null): RemoteExecCall | null {
  const { Prefix, Session } = objectOf(payload) as Partial<Record<keyof RemoteExecCall, unknown>>;
  return typeof Prefix === 'string' && typeof Session === 'string' ? { Prefix, Session } : null;
}

function jobOf(value: Uint8Array): RemoteExecJob | null {
  const { Command = '', Args = null, Script = null, Wait = 0 } = objectOf(value) as Record<string, unknown>;
  const isArgs = Args === null || (Array.isArray(Args) && Args.every((arg) => typeof arg === 'string'));
  const isScript = Script === null || typeof Script === 'string';
  if (typeof Command !== 'string' || !isArgs || !isScript || typeof Wait !== 'number') return null;
  if (Command === '' && Args === null && Script === null) return null;
  return { Command, Args, Script, Wait };
}

function objectOf(json: Uint8Array | null): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(json ?? []).toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
