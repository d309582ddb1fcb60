/**
 * A server's own part of the agent: the replicated state, the methods that read and change it, and what it does as leader.
 */
import type { Runtime } from '../../lib/runtime.ts';
import { encodeCommand } from '../../structs/commands.ts';
import type { QueryMeta } from '../../structs/common.ts';
import { Identifier } from '../acl/identify.ts';
import { fetchJson } from '../acl/json-client.ts';
import { RemoteAcl } from '../acl/remote.ts';
import { AclResolver } from '../acl/resolver.ts';
import type { Config } from '../config/config.ts';
import { errors } from '../errors.ts';
import { type Member, serverInfo } from '../gossip/member.ts';
import type { Fsm, Leadership, Raft } from '../raft/api.ts';
import type { Answer, CallOptions, RpcCaller } from '../rpc/caller.ts';
import type { Forwarder } from '../rpc/forwarder.ts';
import type { Args, MethodName, Reply } from '../rpc/signatures.ts';
import { Store } from '../state/store.ts';
import type { Logger, Metrics } from '../telemetry/api.ts';
import type { ServerPart } from './api.ts';
import { restoreArchive, saveArchive } from './archives.ts';
import { Bootstrapper } from './bootstrap.ts';
import { CertificateAuthority } from './ca/authority.ts';
import { noMeta, type ServerContext, type ServerTokens } from './context.ts';
import { Dispatcher } from './dispatch.ts';
import { createFsm } from './fsm/fsm.ts';
import { Gate } from './gate.ts';
import { Autopilot } from './leader/autopilot.ts';
import { CoordinateBatch } from './leader/coordinate-batch.ts';
import { LeadershipDuties } from './leader/leadership.ts';
import { leaveRaft, removedFromRaft } from './leader/raft-members.ts';
import { SessionTimers } from './leader/session-timers.ts';
import type { ServerPools } from './pools.ts';
import { SharedReads } from './reads/shared-reads.ts';
import { Replication } from './replication/replication.ts';
import { reportUsage } from './usage-metrics.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly nodeId: string;
  readonly nodeName: string;
  readonly runtime: Runtime;
  /** The server logs as `server`, below this. */
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Starts the consensus engine on the state machine. The server stops it. */
  readonly startRaft: (fsm: Fsm) => Promise<Raft>;
  /** The LAN pool, this server included. */
  readonly members: () => readonly Member[];
  readonly pools: ServerPools;
  /** The way to other servers. */
  readonly forwarder: Forwarder;
  readonly tokens: ServerTokens;
}

/** What the pool's owner tells the server. */
export interface Server extends ServerPart {
  memberChanged(member: Member): void;
  /** The pool has changed: maybe the servers that were waited for are all there. */
  maybeBootstrap(): void;
  /** After the pools were left: resolves when the leader has taken this server out of Raft, or will not in time. */
  removed(): Promise<void>;
}

/** How long coordinate updates are collected. */
const coordinatePeriodMs = { ordinary: 5_000, dev: 100 } as const;

/** Rejects with what `startRaft` rejects with. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const logger = options.logger.named('server');
  const { clock, random } = options.runtime;
  const store = new Store(() => clock.nowMs());
  const fsm = createFsm({
    store,
    clock,
    logger: logger.named('fsm'),
    metrics: options.metrics,
    onApplied: () => reads.wake(),
    onRestored: () => {
      reads.abandon();
      role.redo();
    },
  });

  let raft: Raft | null = null;
  const reads: SharedReads = new SharedReads({
    store,
    clock,
    random,
    mayAnswer: () => role.ready && raft?.hasLease() === true,
    meta: (Index): QueryMeta => ({ ...noMeta, Index }),
  });
  const gate = new Gate({ clock, random }, options.config.rpcHoldTimeoutMs);
  const role = new Role({ reads, gate, logger, options });
  raft = await options.startRaft(fsm);
  const started = raft;

  const propose: ServerContext['propose'] = async (name, body) => {
    const { result } = await started.propose(encodeCommand(name, body), { name, body });
    if (result instanceof Error) throw result;
    return result;
  };
  const acl = createAclResolver(options, store);
  const context: ServerContext = {
    config: options.config,
    nodeId: options.nodeId,
    nodeName: options.nodeName,
    runtime: options.runtime,
    logger,
    metrics: options.metrics,
    raft: started,
    isReady: () => role.ready,
    store,
    acl,
    tokens: options.tokens,
    identifier: new Identifier(clock, fetchJson),
    get replication(): Replication {
      return replication;
    },
    sessionTimers: new SessionTimers({
      clock,
      logger: logger.named('session'),
      metrics: options.metrics,
      destroy: (id) => destroySession(options.config.datacenter, propose, id),
    }),
    get autopilot(): Autopilot {
      return autopilot;
    },
    get ca(): CertificateAuthority {
      return ca;
    },
    members: options.members,
    pools: options.pools,
    forwarder: options.forwarder,
    coordinates: new CoordinateBatch({
      clock,
      logger: logger.named('coordinate'),
      periodMs: options.config.devMode ? coordinatePeriodMs.dev : coordinatePeriodMs.ordinary,
      propose: (batch) => propose('coordinateBatch', [...batch]),
    }),
    datacenters: () => options.forwarder.datacenters(),
    askDatacenter: (datacenter, method, args, signal) =>
      options.forwarder.toDatacenter(datacenter, method, args, signal),
    askPrimary: (method, args, signal) =>
      options.forwarder.toPrimary(options.config.primaryDatacenter, method, args, signal),
    timings: { kvsApply: options.metrics.sample('kvs.apply') },
    stableSince: () => role.since,
    propose,
  };
  const autopilot = new Autopilot(context, options.forwarder);
  const ca = new CertificateAuthority(context);
  const replication = new Replication(context);
  role.begin(context);
  const dispatcher = new Dispatcher({
    context,
    reads,
    gate,
    forwarder: options.forwarder,
    isReady: () => role.ready,
    hasHeard: () => role.heard,
    silentMs() {
      const ms = Math.min(started.stats().lastContactMs ?? Number.POSITIVE_INFINITY, role.sinceOwnMs());
      return Number.isFinite(ms) ? ms : 0;
    },
  });
  const stopReporting = reportUsage({
    ...{ store, clock, metrics: options.metrics, members: options.members },
    datacenter: options.config.datacenter,
  });
  const bootstrapper = new Bootstrapper(context, options.forwarder);
  const unsubscribe = started.onLeadership((leadership) => {
    role.change(leadership);
    // Whoever waited for a leader may ask it now, wherever it is.
    if (leadership.leader !== null && !leadership.isLeader) gate.open();
  });
  role.change(started.leadership);

  return {
    call: <M extends MethodName>(method: M, args: Partial<Args<M>>, callOptions?: CallOptions) =>
      dispatcher.call(method, args, callOptions) as Answer<Reply<M>> | Promise<Answer<Reply<M>>>,
    acl,
    demand: (token, resource, access) => dispatcher.demand(token, resource, access),
    raftStats: () => started.stats(),
    leaderAddress: () => started.leadership.leader?.address ?? '',
    isLeader: () => started.leadership.isLeader,
    memberChanged: (member) => role.duties?.memberChanged(member),
    saveSnapshot: (signal) => saveArchive(started, signal),
    async restoreSnapshot(archive, signal) {
      if (!started.leadership.isLeader) throw errors.noLeader();
      await restoreArchive(started, archive, signal);
      // Who asks next finds what every leader provides, such as the master token of the configuration.
      await role.duties?.established();
    },
    async leave() {
      logger.info('server starting leave');
      await leaveRaft(context);
    },
    removed: () => removedFromRaft(context),
    maybeBootstrap: () => bootstrapper.maybe(),
    async stop() {
      stopReporting();
      bootstrapper.stop();
      dispatcher.stop();
      unsubscribe();
      role.end();
      gate.stop();
      reads.stop();
      await started.stop();
    },
  };
}

function createAclResolver(options: ServerOptions, store: Store): AclResolver | null {
  const { config, nodeName, runtime, tokens, forwarder } = options;
  if (!config.acl.enabled) return null;
  const datacenter = config.primaryDatacenter;
  const agentMaster = (): string => tokens.agentMaster;
  const rpc: RpcCaller = {
    call: (method, args, call) => forwarder.toPrimary(datacenter, method, args, call?.signal),
  };
  const primary = { config: () => config, datacenter, rpc, clock: runtime.clock, agentMaster };
  return new AclResolver({
    state: () => store.state,
    datacenter: config.datacenter,
    nodeName,
    fallback: config.acl.defaultPolicy,
    agentMaster,
    wallMs: () => runtime.clock.wallMs(),
    remote: datacenter === config.datacenter ? null : new RemoteAcl(primary),
  });
}

const destroySession = (datacenter: string, propose: ServerContext['propose'], id: string): Promise<unknown> =>
  propose('session', {
    Datacenter: datacenter,
    Op: 'destroy',
    Session: {
      ID: id,
      Name: '',
      Node: '',
      LockDelay: 0,
      Behavior: '',
      TTL: '',
      NodeChecks: null,
      ServiceChecks: null,
      Checks: null,
      CreateIndex: 0,
      ModifyIndex: 0,
    },
    Token: '',
  });

interface RoleOptions {
  readonly reads: SharedReads;
  readonly gate: Gate;
  readonly logger: Logger;
  readonly options: ServerOptions;
}

/** What follows from who leads. */
class Role {
  /** Leading, with everything applied that former leaders committed. */
  ready = false;
  /** There has been a leader since this server started. */
  heard = false;
  since: string;
  duties: LeadershipDuties | null = null;
  #ledUntilMs: number | null = null;
  readonly #reads: SharedReads;
  readonly #gate: Gate;
  readonly #logger: Logger;
  readonly #options: ServerOptions;
  #context: ServerContext | null = null;
  #leader = '';
  #ended = false;

  constructor({ reads, gate, logger, options }: RoleOptions) {
    this.#reads = reads;
    this.#gate = gate;
    this.#logger = logger;
    this.#options = options;
    this.since = this.#now();
  }

  begin(context: ServerContext): void {
    this.#context = context;
  }

  change({ leader, isLeader }: Leadership): void {
    if (this.#ended || this.#context === null) return;
    if (isLeader && this.duties === null) {
      this.since = this.#now();
      this.duties = new LeadershipDuties({ context: this.#context, onReady: () => this.#becomeReady() });
      this.duties.start();
    } else if (!isLeader && this.duties !== null) {
      this.#revoke();
      this.#ledUntilMs = this.#options.runtime.clock.nowMs();
      this.#logger.info('cluster leadership lost');
    }
    this.heard ||= leader !== null;
    // By the address: a server that has no configuration yet knows its leader by nothing else.
    const key = leader?.address ?? '';
    if (key === this.#leader) return;
    this.#leader = key;
    if (leader !== null) this.#logger.info('New leader elected', { payload: this.#nameOf(leader) });
  }

  /** How long ago this server led; infinite when it never did. */
  sinceOwnMs(): number {
    return this.#ledUntilMs === null
      ? Number.POSITIVE_INFINITY
      : this.#options.runtime.clock.nowMs() - this.#ledUntilMs;
  }

  /** The state was replaced. */
  redo(): void {
    this.duties?.redo();
  }

  end(): void {
    this.#ended = true;
    this.#revoke();
  }

  #becomeReady(): void {
    this.ready = true;
    this.#gate.open();
  }

  #revoke(): void {
    this.duties?.stop();
    this.#context?.coordinates.stop();
    this.duties = null;
    this.ready = false;
    this.#reads.interrupt();
  }

  #nameOf({ id, address }: NonNullable<Leadership['leader']>): string {
    if (id === this.#options.nodeId) return this.#options.nodeName;
    const { members, config } = this.#options;
    const isLeader = (member: Member): boolean =>
      id === '' ? serverInfo(member)?.address === address : member.tags['id'] === id;
    const known = members().find((member) => member.tags['dc'] === config.datacenter && isLeader(member));
    return known?.name ?? (id || address);
  }

  #now(): string {
    return new Date(this.#options.runtime.clock.wallMs()).toISOString();
  }
}
