/** What the methods of a server work with. */
import type { MaybePromise, Runtime } from '../../lib/runtime.ts';
import type { CommandBody, CommandName } from '../../structs/commands.ts';
import type { QueryMeta } from '../../structs/common.ts';
import type { AgentTokens } from '../acl/agent-tokens.ts';
import type { Identifier } from '../acl/identify.ts';
import type { AclResolver } from '../acl/resolver.ts';
import type { Config } from '../config/config.ts';
import type { Member } from '../gossip/member.ts';
import type { Raft } from '../raft/api.ts';
import { LeadershipTransferring, NotLeader } from '../raft/errors.ts';
import type { Answer, CallOptions } from '../rpc/caller.ts';
import type { Forwarder } from '../rpc/forwarder.ts';
import type { Args, MethodName, Reply } from '../rpc/signatures.ts';
import type { State, Store } from '../state/store.ts';
import type { WatchSet } from '../state/watches.ts';
import type { Logger, Metrics } from '../telemetry/api.ts';
import type { CertificateAuthority } from './ca/authority.ts';
import type { Autopilot } from './leader/autopilot.ts';
import type { CoordinateBatch } from './leader/coordinate-batch.ts';
import type { SessionTimers } from './leader/session-timers.ts';
import type { ServerPools } from './pools.ts';
import type { ReadResult } from './reads/shared-reads.ts';
import type { Replication } from './replication/replication.ts';

/** Read anew: they may be set while the agent runs. '' where there is none. */
export type ServerTokens = Pick<AgentTokens, 'agentMaster' | 'replication'>;

export interface ServerContext {
  readonly config: Config;
  readonly nodeId: string;
  readonly nodeName: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly raft: Raft;
  readonly store: Store;
  /** This server leads and has applied all that former leaders committed. */
  readonly isReady: () => boolean;
  /** Null while ACLs are off. */
  readonly acl: AclResolver | null;
  /** The agent's own. */
  readonly tokens: ServerTokens;
  /** Finds out who logs in. */
  readonly identifier: Identifier;
  /** Of the primary's tables, while this server leads a secondary datacenter. */
  readonly replication: Replication;
  readonly sessionTimers: SessionTimers;
  readonly autopilot: Autopilot;
  /** Of the mesh; it works on the leader. */
  readonly ca: CertificateAuthority;
  readonly members: () => readonly Member[];
  readonly pools: ServerPools;
  /** The way to other servers. */
  readonly forwarder: Forwarder;
  /** Coordinates that wait to be replicated; on the leader. */
  readonly coordinates: CoordinateBatch;
  /** Names of all known datacenters, this one among them. */
  readonly datacenters: () => readonly string[];
  /** A call to another datacenter. */
  readonly askDatacenter: <M extends MethodName>(
    datacenter: string,
    method: M,
    args: Partial<Args<M>>,
    signal: AbortSignal | undefined,
  ) => Promise<Answer<Reply<M>>>;
  /** A call to the primary datacenter, from a secondary. */
  readonly askPrimary: <M extends MethodName>(
    method: M,
    args: Partial<Args<M>>,
    signal: AbortSignal | undefined,
  ) => Promise<Answer<Reply<M>>>;
  /** Metrics of the hottest path, looked up once. */
  readonly timings: { readonly kvsApply: (ms: number) => void };
  /** Since when this server has been what it is, as RFC 3339 text. */
  readonly stableSince: () => string;
  /** Replicates a command and gives the state machine's result. An Error as result is thrown, as is what Raft refuses. */
  readonly propose: <N extends CommandName>(name: N, body: CommandBody<N>) => Promise<unknown>;
}

/** Whatever may be asked: a handler fills in what a caller left out. */
export type PartialArgs<M extends MethodName> = Partial<Args<M>>;

/** A read that is a function of the state alone: it is shared, and can be waited on. */
export interface StateRead<M extends MethodName> {
  readonly kind: 'state';
  /** What of the arguments the result depends on; who gives the same shares the answer. */
  readonly key: (args: PartialArgs<M>) => string;
  /** `pause`: lets others have the event loop, for reads that are long (see Question.read). */
  readonly read: (
    state: State,
    watch: WatchSet,
    args: PartialArgs<M>,
    pause: () => Promise<void>,
  ) => MaybePromise<ReadResult<Reply<M>>>;
  /** Roughly the memory of a reply; 4 KiB where it does not matter. */
  readonly sizeBytes?: (reply: Reply<M>) => number;
}

/** Anything else: writes, and reads of more than the state. */
export interface Procedure<M extends MethodName> {
  readonly kind: 'procedure';
  /** Who can answer: `reader` is the leader, or whoever is asked if the answer may be stale; `anybody` answers at once. */
  readonly by: 'leader' | 'reader' | 'anybody';
  readonly run: (
    context: ServerContext,
    args: PartialArgs<M>,
    options: CallOptions | undefined,
  ) => Answer<Reply<M>> | Promise<Answer<Reply<M>>>;
}

export type Method<M extends MethodName> = StateRead<M> | Procedure<M>;
export type MethodTable = { readonly [M in MethodName]?: Method<M> };

/** QueryMeta of an answer that stands at no index. */
export const noMeta: QueryMeta = Object.freeze({
  Index: 0,
  LastContact: 0,
  KnownLeader: true,
  ConsistencyLevel: '',
  NotModified: false,
  Backend: 0,
});

export const answer = <R>(reply: R): Answer<R> => ({ reply, meta: noMeta });

/** Nothing was proposed: trying again cannot do anything twice. */
export const isUntried = (error: unknown): boolean =>
  error instanceof NotLeader || error instanceof LeadershipTransferring;
