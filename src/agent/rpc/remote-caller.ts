/** A client agent's way to the servers: every call goes to one of them, the next is tried when it fails (wire facts, section 5). */

import { pause } from '../../lib/pause.ts';
import type { Runtime } from '../../lib/runtime.ts';
import { make } from '../../structs/make.ts';
import { errors, fromRemote } from '../errors.ts';
import type { Logger } from '../telemetry/api.ts';
import type { Answer, CallOptions, RpcCaller } from './caller.ts';
import { carriesMeta, metaOf, noMeta } from './codec.ts';
import { notOpened } from './dial.ts';
import type { ConnectionPool } from './pool.ts';
import { type RateLimit, RateLimiter } from './rate-limiter.ts';
import type { ServerList } from './server-list.ts';
import { type Args, type MethodName, type Reply, type Signature, signatures } from './signatures.ts';
import { ConnectionError, RemoteError } from './stream-client.ts';
import { afterWaiting, isBlocking, type WaitLimits } from './waiting.ts';

export interface RemoteCallerOptions {
  readonly pool: ConnectionPool;
  readonly servers: ServerList;
  readonly datacenter: string;
  /** How long a call is tried again while there is no leader, or nobody answers. */
  readonly holdTimeoutMs: number;
  readonly waitLimits: WaitLimits;
  /** Calls of this agent beyond it are refused. */
  readonly limit: RateLimit;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

/** Pauses between tries are random, up to this part of the hold time. */
const jitterFraction = 16;

export function createRemoteCaller(options: RemoteCallerOptions): RpcCaller & { stop(): void } {
  const stopped = new AbortController();
  const limiter = new RateLimiter(options.limit, options.runtime.clock.nowMs());
  return {
    async call<M extends MethodName>(method: M, args: Partial<Args<M>>, call?: CallOptions): Promise<Answer<Reply<M>>> {
      const { clock, random } = options.runtime;
      if (!limiter.take(clock.nowMs())) throw errors.rateLimited();
      const signal = call?.signal === undefined ? stopped.signal : AbortSignal.any([call.signal, stopped.signal]);
      const full: Args<M> & object = withDatacenter(method, args, options.datacenter);
      const startMs = clock.nowMs();
      let deadlineMs = startMs + options.holdTimeoutMs;
      let wasLost = false;
      for (;;) {
        const askedMs = clock.nowMs();
        const asked =
          askedMs === startMs ? full : (afterWaiting(full, askedMs - startMs, options.waitLimits) as Args<M>);
        const outcome = await attempt(options, method, asked, signal);
        if ('answer' in outcome) return outcome.answer;
        const { error } = outcome;
        const nowMs = clock.nowMs();
        // A server that was lost may have kept it for long: only now it is without one. What waits may have that happen more than once.
        const wasKept = nowMs - askedMs > options.holdTimeoutMs;
        if (error instanceof LostCall && (!wasLost || (wasKept && isBlocking(full)))) {
          wasLost = true;
          deadlineMs = nowMs + options.holdTimeoutMs;
        }
        if (!mayRetry(method, error) || nowMs >= deadlineMs) throw error;
        await pause(clock, random.float() * (options.holdTimeoutMs / jitterFraction), signal);
      }
    },
    stop: () => stopped.abort(errors.shuttingDown()),
  };
}

type Outcome<M extends MethodName> = { readonly answer: Answer<Reply<M>> } | { readonly error: Error };

async function attempt<M extends MethodName>(
  { pool, servers, logger }: RemoteCallerOptions,
  method: M,
  args: Args<M>,
  signal: AbortSignal,
): Promise<Outcome<M>> {
  if (signal.aborted) return { error: signal.reason as Error };
  const server = servers.current();
  if (server === undefined) return { error: errors.noServers() };
  try {
    const reply = await pool.call(server.address, method, args, signal);
    const signature: Signature = signatures[method];
    return { answer: { reply, meta: carriesMeta(signature.reply) ? metaOf(reply) : noMeta } };
  } catch (error) {
    if (signal.aborted) return { error: signal.reason as Error };
    if (error instanceof RemoteError)
      return { error: fromRemote(`rpc error making call: ${error.message}`, error.reason) };
    if (!(error instanceof ConnectionError)) throw error;
    logger.error('RPC failed to server', { method, server: server.address, error: error.message });
    servers.failed(server);
    return { error: new LostCall(error.message, { cause: error }) };
  }
}

/** Thrown when a server was lost while it was asked: whether a write happened is unknown. */
export class LostCall extends Error {
  override readonly name = 'LostCall';
}

/** A write that was lost may have happened: only reads are asked again, and what no leader took. */
function mayRetry(method: MethodName, error: Error): boolean {
  if (error.message.includes('No cluster leader') || error.message.includes('No known Consul servers')) return true;
  if (!(error instanceof LostCall)) return false;
  return (signatures[method] as Signature).kind === 'read' || error.message.includes(notOpened);
}

function withDatacenter<M extends MethodName>(method: M, args: Partial<Args<M>>, datacenter: string): Args<M> & object {
  const full = make(signatures[method].args, args as object) as { Datacenter?: string };
  if (full.Datacenter === '') full.Datacenter = datacenter;
  return full as Args<M> & object;
}
