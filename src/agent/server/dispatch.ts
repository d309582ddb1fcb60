/**
 * The path of every call to this server: datacenter, consistency, then the method. Hot reads come back at once, without a
 * promise: on a leader within its lease an answer that is still current costs one lookup.
 */

import type { Access, Resource } from '../acl/authorizer.ts';
import { errors, RpcError } from '../errors.ts';
import { asError } from '../raft/errors.ts';
import type { Answer, CallOptions } from '../rpc/caller.ts';
import { type Forwarder, TryAgain } from '../rpc/forwarder.ts';
import { type Args, type MethodName, type Reply, type Signature, signatures } from '../rpc/signatures.ts';
import { ConnectionError } from '../rpc/stream-client.ts';
import { afterWaiting, isBlocking, type Waiting, waitMsOf } from '../rpc/waiting.ts';
import {
  isUntried,
  type Method,
  type PartialArgs,
  type Procedure,
  type ServerContext,
  type StateRead,
} from './context.ts';
import type { Gate } from './gate.ts';
import { type Home, homeOf, tokenElsewhere } from './home.ts';
import { type MethodTable, methodsFor } from './methods.ts';
import { AskTheLeader, ReadIndex } from './reads/read-index.ts';
import type { Question, SharedReads } from './reads/shared-reads.ts';
import { Checkpoint } from './rights/checkpoint.ts';

type Outcome<M extends MethodName> = Answer<Reply<M>> | Promise<Answer<Reply<M>>>;
/** What queries carry besides their subject. */
interface QueryArgs extends Waiting {
  readonly AllowStale?: boolean;
  readonly RequireConsistent?: boolean;
}

export interface DispatcherOptions {
  readonly context: ServerContext;
  readonly reads: SharedReads;
  readonly gate: Gate;
  /** Passes on what this server cannot answer. */
  readonly forwarder: Forwarder;
  /** This server leads and has applied all that former leaders committed. */
  readonly isReady: () => boolean;
  /** There has been a leader: old answers may be given, also when there is none any more. */
  readonly hasHeard: () => boolean;
  /** Time since there was word of a leader, this server itself included. */
  readonly silentMs: () => number;
}

export class Dispatcher {
  readonly #context: ServerContext;
  readonly #reads: SharedReads;
  readonly #gate: Gate;
  readonly #isReady: () => boolean;
  readonly #hasHeard: () => boolean;
  readonly #silentMs: () => number;
  readonly #forwarder: Forwarder;
  readonly #home: Home;
  readonly #requests: () => void;
  readonly #queries: () => void;
  /** Null while ACLs are off. */
  readonly #checkpoint: Checkpoint | null;
  readonly #methods: MethodTable;
  readonly #readIndex: ReadIndex;
  readonly #unsubscribe: () => void;
  #stopped = false;

  constructor({ context, reads, gate, forwarder, isReady, hasHeard, silentMs }: DispatcherOptions) {
    this.#context = context;
    this.#reads = reads;
    this.#gate = gate;
    this.#isReady = isReady;
    this.#hasHeard = hasHeard;
    this.#silentMs = silentMs;
    this.#forwarder = forwarder;
    this.#methods = methodsFor(context.config);
    this.#checkpoint = context.acl === null ? null : new Checkpoint(context, context.acl);
    const { config, tokens } = context;
    this.#home = {
      datacenter: config.datacenter,
      primary: config.primaryDatacenter,
      keepsTokens: () =>
        config.primaryDatacenter === config.datacenter || (config.acl.tokenReplication && tokens.replication !== ''),
      state: () => context.store.state,
    };
    this.#readIndex = new ReadIndex({
      raft: context.raft,
      clock: context.runtime.clock,
      ask: (verified, signal) => this.#askReadIndex(verified, signal),
    });
    this.#unsubscribe = context.raft.onLeadership(() => this.#readIndex.interrupt());
    this.#requests = context.metrics.counter('rpc.request');
    this.#queries = context.metrics.counter('rpc.query');
  }

  call<M extends MethodName>(name: M, args: Partial<Args<M>>, options?: CallOptions): Outcome<M> {
    this.#requests();
    return this.#dispatch(name, args, options, 0);
  }

  /** Rejects with an RpcError for a token that lacks the right; without ACLs nobody does. */
  async demand(token: string, resource: Resource, access: Access): Promise<void> {
    await this.#checkpoint?.demand(token, resource, access);
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    this.#readIndex.interrupt();
  }

  /** `deadlineMs`: until when the call may wait for a leader; 0 = it has not waited yet. */
  #dispatch<M extends MethodName>(
    name: M,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
    deadlineMs: number,
  ): Outcome<M> {
    if (this.#stopped) throw errors.shuttingDown();
    const method = this.#methods[name] as Method<M> | undefined;
    if (method === undefined) throw new RpcError(`rpc: can't find method ${name}`);
    if (isRouted(name)) {
      const home = homeOf(this.#home, name, args);
      if (home !== this.#home.datacenter) return this.#elsewhere(home, name, args, options);
    }
    return method.kind === 'state'
      ? this.#read(name, method, args, options, deadlineMs)
      : this.#run(name, method, args, options, deadlineMs);
  }

  #elsewhere<M extends MethodName>(
    Datacenter: string,
    name: M,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
  ): Outcome<M> {
    const { Token = '' } = args as { readonly Token?: string };
    const told = tokenElsewhere(this.#context.store.state, Token);
    // Local tokens of the primary are none here.
    const only = name === 'ACL.TokenList' && isOwn(args, this.#home.datacenter) ? globalTokens : {};
    const sent = { ...args, ...only, Datacenter, ...(told === Token ? {} : { Token: told }) };
    // Sent there because this server says so, and not the caller.
    const isPrimarys = (args as { readonly Datacenter?: string }).Datacenter !== Datacenter;
    return isPrimarys
      ? this.#forwarder.toPrimary(Datacenter, name, sent, options?.signal)
      : this.#forwarder.toDatacenter(Datacenter, name, sent, options?.signal);
  }

  #read<M extends MethodName>(
    name: M,
    method: StateRead<M>,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
    deadlineMs: number,
  ): Outcome<M> {
    const { raft } = this.#context;
    const { RequireConsistent } = args as QueryArgs;
    if (this.#mayBeStale(args)) return this.#answer(name, method, args, options);
    if (!this.#isReady()) {
      if (!this.#mayFollow(args)) return this.#forward(name, args, options, deadlineMs);
      return this.#readIndex.confirm(RequireConsistent === true).then(
        () => this.#answer(name, method, args, options, true),
        () => this.#forward(name, args, options, deadlineMs),
      );
    }
    if (this.#leadsSurely(args)) return this.#answer(name, method, args, options);
    return raft.verifyLeader().then(
      () => this.#answer(name, method, args, options),
      (error) => this.#retryOrThrow(error, name, args, options, deadlineMs),
    );
  }

  #mayBeStale({ AllowStale }: QueryArgs): boolean {
    return AllowStale === true && this.#hasHeard();
  }

  /** Without asking the others. A server alone needs nobody's word that it leads. */
  #leadsSurely({ RequireConsistent }: QueryArgs): boolean {
    const { raft } = this.#context;
    return raft.hasLease() && !(RequireConsistent && raft.stats().configuration.servers.length > 1);
  }

  /** A leader that can be asked for its commit index; blocking queries wait where the changes come first. */
  #mayFollow({ MinQueryIndex = 0 }: QueryArgs): boolean {
    const { leader, isLeader } = this.#context.raft.leadership;
    return MinQueryIndex === 0 && leader !== null && !isLeader && this.#forwarder.tellsReadIndex(leader);
  }

  /** @param confirmed a follower is where the leader was when the call came */
  #answer<M extends MethodName>(
    name: M,
    method: StateRead<M>,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
    confirmed = false,
  ): Outcome<M> {
    const preparing = this.#checkpoint?.prepare(name, args) ?? null;
    if (preparing !== null) return preparing.then(() => this.#answerPrepared(name, method, args, options, confirmed));
    return this.#answerPrepared(name, method, args, options, confirmed);
  }

  #answerPrepared<M extends MethodName>(
    name: M,
    method: StateRead<M>,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
    confirmed: boolean,
  ): Outcome<M> {
    this.#queries();
    const { MinQueryIndex = 0 } = args as QueryArgs;
    const guarded = this.#checkpoint?.guard(name, args) ?? null;
    const key = `${name}\0${guarded === null ? '' : `${guarded.key}\0`}${method.key(args)}`;
    if (MinQueryIndex === 0) {
      const kept = this.#reads.kept(key);
      if (kept !== null) return this.#located(kept as Answer<Reply<M>>, guarded?.lasts, confirmed);
    }
    const plainRead: Question<Reply<M>>['read'] = (state, watch) => method.read(state, watch, args, this.#pause);
    const question: Question<Reply<M>> = {
      key,
      read: guarded === null ? plainRead : (state, watch) => guarded.read(watch, () => plainRead(state, watch)),
      sizeBytes: method.sizeBytes ?? ordinarySize,
    };
    if (MinQueryIndex === 0) {
      const asked = this.#reads.ask(question);
      return asked instanceof Promise
        ? asked.then((answer) => this.#located(answer, guarded?.lasts, confirmed))
        : this.#located(asked, guarded?.lasts, confirmed);
    }
    const { config, runtime } = this.#context;
    const wait = { minIndex: MinQueryIndex, timeoutMs: waitMsOf(args, config), signal: options?.signal };
    const sinceMs = runtime.clock.nowMs();
    return this.#reads.askBeyond(question, wait, () => this.#dispatch(name, this.#waited(args, sinceMs), options, 0));
  }

  async #askReadIndex(Verified: boolean, signal: AbortSignal): Promise<number> {
    const { leader } = this.#context.raft.leadership;
    if (leader === null) throw new AskTheLeader();
    const { reply } = await this.#forwarder.toLeader(leader, 'Status.ReadIndex', { Verified }, signal);
    return reply.Index;
  }

  readonly #pause = (): Promise<void> =>
    new Promise((resolve) => {
      this.#context.runtime.clock.after(0, resolve);
    });

  /** On a follower an answer says how old it may be. `lasts`: whether it may be kept, by whoever got it. */
  #located<R>(answer: Answer<R>, lasts = true, confirmed = false): Answer<R> {
    const { raft } = this.#context;
    const { leadership } = raft;
    const { reply, meta, isUnchanged } = answer;
    if (leadership.isLeader) return lasts ? answer : { reply, meta };
    const shared = lasts && isUnchanged !== undefined ? { isUnchanged } : null;
    if (confirmed) return { reply, meta, ...shared };
    const lastContactNs = (): number => Math.round(this.#silentMs() * 1e6);
    const aged = { ...meta, LastContact: lastContactNs(), KnownLeader: leadership.leader !== null };
    if (shared === null) return { reply, meta: aged, lastContactNs };
    const isCurrent = (): boolean => shared.isUnchanged() && raft.leadership === leadership;
    return { reply, meta: aged, ...shared, isCurrent, lastContactNs };
  }

  #waited<M extends MethodName>(args: PartialArgs<M>, sinceMs: number): PartialArgs<M> {
    const { config, runtime } = this.#context;
    return isBlocking(args) ? afterWaiting(args, runtime.clock.nowMs() - sinceMs, config) : args;
  }

  #run<M extends MethodName>(
    name: M,
    method: Procedure<M>,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
    deadlineMs: number,
  ): Outcome<M> {
    const runPrepared = (): Outcome<M> => {
      const guarded = this.#checkpoint?.guard(name, args) ?? null;
      const proceed = (): Outcome<M> => method.run(this.#context, args, options);
      return guarded === null ? proceed() : guarded.run(proceed);
    };
    const run = (): Outcome<M> => {
      const preparing = this.#checkpoint?.prepare(name, args) ?? null;
      return preparing === null ? runPrepared() : preparing.then(runPrepared);
    };
    if (method.by === 'anybody') return run();
    if (method.by === 'reader' && this.#mayBeStale(args)) {
      const stale = run();
      return stale instanceof Promise ? stale.then((answer) => this.#located(answer)) : this.#located(stale);
    }
    if (!this.#isReady()) return this.#forward(name, args, options, deadlineMs);
    const isSure = method.by === 'leader' || this.#leadsSurely(args);
    const outcome = isSure ? run() : this.#context.raft.verifyLeader().then(run);
    if (!(outcome instanceof Promise)) return outcome;
    return outcome.then(undefined, (error) => this.#retryOrThrow(error, name, args, options, deadlineMs));
  }

  /** To the leader, if there is one; until there is, the call waits. */
  async #forward<M extends MethodName>(
    name: M,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
    deadlineMs: number,
  ): Promise<Answer<Reply<M>>> {
    const { leader, isLeader } = this.#context.raft.leadership;
    if (leader === null || isLeader) return this.#hold(name, args, options, deadlineMs, null);
    const { clock } = this.#context.runtime;
    const askedMs = clock.nowMs();
    try {
      return await this.#forwarder.toLeader(leader, name, args, options?.signal);
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      const because = new RpcError(error.message, 500, { cause: error });
      // A leader that was lost while the query waited there had not refused it: only now it is held.
      const wasKept = error.cause instanceof ConnectionError && this.#gate.isOver(askedMs) && isBlocking(args);
      return this.#hold(name, this.#waited(args, askedMs), options, wasKept ? 0 : deadlineMs, because);
    }
  }

  #hold<M extends MethodName>(
    name: M,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
    heldUntilMs: number,
    because: Error | null,
  ): Promise<Answer<Reply<M>>> {
    const deadlineMs = heldUntilMs === 0 ? this.#gate.deadlineMs() : heldUntilMs;
    const sinceMs = this.#context.runtime.clock.nowMs();
    const retry = (): Outcome<M> => this.#dispatch(name, this.#waited(args, sinceMs), options, deadlineMs);
    return this.#gate.hold(retry, { deadlineMs, signal: options?.signal, because });
  }

  /** What Raft did not even try is tried again with the next leader; everything else is the answer. */
  #retryOrThrow<M extends MethodName>(
    error: unknown,
    name: M,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
    deadlineMs: number,
  ): Promise<Answer<Reply<M>>> {
    if (isUntried(error)) return this.#hold(name, args, options, deadlineMs, new RpcError(asError(error).message));
    if (error instanceof RpcError || options?.signal?.aborted) throw error;
    throw new RpcError(asError(error).message, 500, { cause: error });
  }
}

const isRouted = (name: MethodName): boolean => (signatures[name] as Signature).route !== 'local';
const globalTokens = { IncludeLocal: false, IncludeGlobal: true } as const;
const isOwn = (args: object, datacenter: string): boolean => {
  const { Datacenter = '' } = args as { readonly Datacenter?: string };
  return Datacenter === '' || Datacenter === datacenter;
};
const ordinarySize = (): number => 4096;
