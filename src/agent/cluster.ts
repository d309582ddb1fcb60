/**
 * This agent among others: its pools, its RPC port, and behind them the server part or the way to the servers. The part of the
 * composition that differs between servers and clients.
 */

import { distanceSeconds } from '../lib/coordinate.ts';
import { joinHostPort } from '../lib/host-port.ts';
import type { Runtime } from '../lib/runtime.ts';
import type { Sockets } from '../lib/sockets.ts';
import type { CASignRequest, SignedResponse } from '../structs/connect.ts';
import type { AgentTokens } from './acl/agent-tokens.ts';
import { enrol, keepEnrolled } from './auto-encrypt/client.ts';
import { trustRoots, withOwnPart } from './auto-encrypt/server.ts';
import type { Config } from './config/config.ts';
import { errors, RpcError } from './errors.ts';
import type { ConsulPool } from './gossip/consul-pool.ts';
import { joinAtStart, keepJoining } from './gossip/joiner.ts';
import { type Member, type ServerInfo, serverInfo } from './gossip/member.ts';
import type { MemberEvent } from './gossip/serf/core/members.ts';
import type { UserEvent } from './gossip/serf/messages.ts';
import { type PoolContext, startLanPool, startWanPool } from './gossip/start-pools.ts';
import { timingsFor } from './raft/core/timings.ts';
import { NetTransport } from './raft/net-transport.ts';
import type { RaftNode, RaftOptions } from './raft/options.ts';
import type { RaftStorage } from './raft/storage.ts';
import type { Answer, RpcCaller } from './rpc/caller.ts';
import { doubtFormerLeaders, doubtMember } from './rpc/doubt.ts';
import { Forwarder } from './rpc/forwarder.ts';
import { GrpcServer } from './rpc/grpc-server.ts';
import { listenRpc } from './rpc/listener.ts';
import { ConnectionPool } from './rpc/pool.ts';
import { createRemoteCaller } from './rpc/remote-caller.ts';
import { secureSockets } from './rpc/secure-sockets.ts';
import { rebalanceIntervalMs, ServerList } from './rpc/server-list.ts';
import { restoreTo, type Snapshots, saveFrom, serveSnapshot } from './rpc/snapshot-stream.ts';
import { unknownMethod } from './rpc/stream-server.ts';
import type { ServerTokens } from './server/context.ts';
import { createServer, type Server } from './server/server.ts';
import { routeSnapshots } from './server/snapshots.ts';
import { subscribe, subscribePath } from './server/subscribe.ts';
import { createHealthViews } from './streaming/create.ts';
import { withViews } from './streaming/streaming-caller.ts';
import type { Logger, Metrics } from './telemetry/api.ts';
import type { AgentTls } from './tls/agent-tls.ts';

export interface ClusterOptions {
  readonly config: Config;
  readonly nodeId: string;
  /** The Consul version that peers reckon with. */
  readonly version: string;
  readonly sockets: Sockets;
  readonly tls: AgentTls;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly openStorage: () => Promise<RaftStorage>;
  readonly startRaft: (options: RaftOptions) => Promise<RaftNode>;
  /** The agent's own. */
  readonly tokens: ServerTokens & Pick<AgentTokens, 'agent'>;
  /** The agent cannot go on. `what` says why in the words of a log line. */
  readonly onFatal: (error: Error, what?: string) => void;
  readonly onUserEvent: (event: UserEvent) => void;
}

export interface Cluster {
  readonly rpc: RpcCaller;
  /** null on a client. */
  readonly server: Server | null;
  readonly snapshots: Snapshots;
  readonly lan: ConsulPool;
  /** null on a client, and where there is no WAN pool. */
  readonly wan: ConsulPool | null;
  /** Servers a client knows. */
  knownServers(): number;
  /** Joins as the configuration wants it. @throws StartJoinError when a join at the start fails */
  joinConfigured(): Promise<void>;
  /** Says goodbye to everybody. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}

const poolIdleMs = { server: 120_000, client: 127_000 } as const;
const poolStreams = { server: 64, client: 32 } as const;
/** Servers of the LAN that are missing in the WAN pool are joined this often. */
const floodJoinIntervalMs = 60_000;

const nobody: readonly Member[] = [];

type Stops = (() => unknown)[];

/** Rejects, with nothing left open, when a part of it cannot be started. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const stops: Stops = [];
  try {
    return await (options.config.server ? startServerNode(options, stops) : startClientNode(options, stops));
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function startServerNode(options: ClusterOptions, stops: Stops): Promise<Cluster> {
  const { config, nodeId, tls, runtime, logger, metrics } = options;
  const { clock } = runtime;
  const serverLogger = logger.named('server');
  let server: Server | null = null;
  let snapshots: Snapshots | null = null;
  let lan: ConsulPool | null = null;
  let wan: ConsulPool | null = null;
  const members = (): readonly Member[] => lan?.members() ?? nobody;
  const wanMembers = (): readonly Member[] => wan?.members() ?? nobody;
  const everyServer = (): readonly ServerInfo[] =>
    [...members(), ...wanMembers()].flatMap((member) => serverInfo(member) ?? []);
  const sockets = socketsToServers(options, everyServer);

  const pool = new ConnectionPool({ sockets, clock, maxStreams: poolStreams.server, idleMs: poolIdleMs.server });
  stops.push(() => pool.close());
  const forwarder = new Forwarder({
    pool,
    random: runtime.random,
    datacenter: config.datacenter,
    lan: members,
    wan: wanMembers,
    rttSeconds: ({ name, datacenter }) => {
      const there = wan?.coordinateOf(`${name}.${datacenter}`);
      return wan === null || there === undefined ? Number.POSITIVE_INFINITY : distanceSeconds(wan.coordinate, there);
    },
  });
  const storage = await options.openStorage();
  const self = { id: nodeId, address: joinHostPort(config.advertiseAddr, config.ports.server) };
  const serverOf = (id: string) =>
    members()
      .flatMap((m) => serverInfo(m) ?? [])
      .find((s) => s.id === id);
  const transport = new NetTransport({
    self,
    snapshots: storage.snapshots,
    resolve: (peer) => serverOf(peer.id)?.address ?? peer.address,
    knowsPreVote: (peer) => serverOf(peer.id)?.preVote ?? false,
    sockets,
    plainSockets: options.sockets,
    clock,
    logger: serverLogger.named('raft'),
  });
  const pause = (): Promise<void> => new Promise((resolve) => clock.after(0, resolve));
  const follow = subscribe({
    health(query, signal) {
      if (server === null) throw errors.noLeader();
      return server.call('Health.ServiceNodes', query, { signal });
    },
    pause,
  });
  const grpc = new GrpcServer({ methods: new Map([[subscribePath, follow]]), logger: serverLogger.named('grpc') });
  stops.push(() => grpc.close());
  const signAgent = async (by: Server, args: CASignRequest, signal: AbortSignal): Promise<Answer<SignedResponse>> => {
    const { reply, meta } = await by.call('AutoEncrypt.Sign', args, { signal });
    return { reply: withOwnPart(reply, tls, lan?.primaryKey ?? null), meta };
  };
  const listener = await listenRpc({
    host: config.bindAddr,
    port: config.ports.server,
    handshakeTimeoutMs: config.limits.rpcHandshakeTimeoutMs,
    maxConnsPerClient: () => config.limits.rpcMaxConnsPerClient,
    tls,
    datacenter: config.datacenter,
    dispatch: (method, args, signal) => {
      if (server === null) throw errors.noLeader();
      return method === 'AutoEncrypt.Sign'
        ? signAgent(server, args as CASignRequest, signal)
        : server.call(method, args as never, { signal });
    },
    dispatchEnrolment: (method, args, signal) => {
      if (method !== 'AutoEncrypt.Sign') throw new RpcError(unknownMethod(method));
      if (server === null) throw errors.noLeader();
      return signAgent(server, args as CASignRequest, signal);
    },
    onRaft: (socket, rest) => transport.accept(socket, rest),
    onSnapshot: (socket, rest) => {
      if (snapshots === null) socket.destroy();
      else void serveSnapshot(socket, rest, snapshots, serverLogger.named('snapshot'));
    },
    onGrpc: config.rpcStreaming ? (socket, rest) => void grpc.accept(socket, rest) : null,
    sockets: options.sockets,
    clock,
    logger: serverLogger.named('rpc'),
  });
  stops.push(() => listener.close());
  stops.push(() => transport.close());

  /** Servers found in the LAN belong into the WAN pool too. */
  const floodJoin = (): void => {
    if (wan === null) return;
    const known = new Set(
      wanMembers()
        .filter((m) => m.status === 'alive')
        .map((m) => m.name),
    );
    for (const member of members()) {
      const info = serverInfo(member);
      const missing = info !== null && info.wanJoinPort > 0 && member.status === 'alive' && info.id !== nodeId;
      if (!missing || known.has(`${info.name}.${info.datacenter}`)) continue;
      wan.join([joinHostPort(member.address, info.wanJoinPort)]).then(
        () =>
          serverLogger.debug('Successfully performed flood-join for server at address', {
            server: member.name,
            address: joinHostPort(member.address, info.wanJoinPort),
          }),
        (error: unknown) =>
          serverLogger.debug('Failed to flood-join server at address', { server: member.name, error }),
      );
    }
  };
  const context = poolContext(options, serverLogger);
  lan = await startLanPool(context, {
    onMember: (event, member) => {
      logMember(serverLogger, event, member);
      server?.memberChanged(member);
      server?.maybeBootstrap();
      if (event === 'join') floodJoin();
      if (event === 'failed') doubtMember(pool, member);
    },
    onUserEvent: options.onUserEvent,
  });
  stops.push(() => lan?.stop());
  if (config.ports.serfWan > 0) {
    wan = await startWanPool(context, {
      onMember: (event, member) => {
        if (event === 'failed') doubtMember(pool, member);
        if (event === 'join')
          serverLogger.info('Handled event for server in area', {
            event: 'member-join',
            server: member.name,
            area: 'wan',
          });
      },
      onUserEvent: () => {},
    });
    stops.push(() => wan?.stop());
  }
  let flooding = clock.after(floodJoinIntervalMs, function again() {
    floodJoin();
    flooding = clock.after(floodJoinIntervalMs, again);
  });
  stops.push(() => flooding.cancel());

  const { snapshotThreshold, snapshotIntervalMs, trailingLogs } = config.raft;
  server = await createServer({
    config,
    nodeId,
    nodeName: config.nodeName,
    runtime,
    logger,
    metrics,
    members,
    pools: { lan: () => lan as ConsulPool, wan: () => wan },
    forwarder,
    tokens: options.tokens,
    startRaft: async (fsm) => {
      const raft = await options.startRaft({
        ...self,
        storage,
        fsm,
        runtime,
        logger: serverLogger,
        metrics,
        bootstrap: config.bootstrap || config.devMode ? { servers: [{ suffrage: 'voter', ...self }] } : null,
        timings: timingsFor(config.raft.multiplier),
        snapshotThreshold,
        snapshotIntervalMs,
        trailingLogs,
        transport,
        preVote: true,
        onFatal: options.onFatal,
      });
      transport.attach(raft);
      doubtFormerLeaders(pool, raft, ({ id, address }) => serverOf(id)?.address ?? address);
      return raft;
    },
  });
  const started = server;
  if (config.tls.autoEncrypt.allowTls) stops.push(trustRoots(started, tls, clock));
  stops.push(() => started.stop());
  const router = routeSnapshots({
    sockets,
    datacenter: config.datacenter,
    server: started,
    wanServers: () => forwarder.wanServers(),
  });
  snapshots = router;
  started.maybeBootstrap();

  return {
    rpc: started,
    server: started,
    snapshots: router,
    lan,
    wan,
    knownServers: () => members().filter((m) => serverInfo(m) !== null).length,
    joinConfigured: () => joinConfigured(options, lan as ConsulPool, wan, stops),
    async leave() {
      const alone = members().filter((m) => m.status === 'alive').length <= 1;
      await started.leave();
      await wan?.leave();
      await lan?.leave();
      if (alone) return;
      // Requests that are under way to this server may finish, and a quorum must not count on it any more.
      const drained = new Promise<void>((done) => clock.after(config.leaveDrainTimeMs, done));
      await Promise.all([drained, started.removed()]);
    },
    stop: () => stopAll(stops),
  };
}

async function startClientNode(options: ClusterOptions, stops: Stops): Promise<Cluster> {
  const { config, runtime } = options;
  const { clock, random } = runtime;
  const logger = options.logger.named('client');
  const servers = new ServerList(random);
  const sockets = socketsToServers(options, () => servers.all);
  const pool = new ConnectionPool({ sockets, clock, maxStreams: poolStreams.client, idleMs: poolIdleMs.client });
  stops.push(() => pool.close());
  const enrolment = config.tls.autoEncrypt.tls ? { ...options, logger, token: () => options.tokens.agent } : null;
  const enrolled = enrolment === null ? null : await enrol(enrolment);
  const context = poolContext(enrolled === null ? options : withGossipKey(options, enrolled.gossipKey), logger);
  const views = config.useStreamingBackend ? createHealthViews({ ...options, sockets, servers }) : null;
  stops.push(() => views?.stop());
  const lan = await startLanPool(context, {
    onMember: (event, member) => {
      logMember(logger, event, member);
      const info = serverInfo(member);
      if (info === null || info.datacenter !== config.datacenter) return;
      if (event === 'join' || event === 'update') {
        servers.add(info);
        if (event === 'join')
          logger.info('adding server', { server: `${info.name} (Addr: tcp/${info.address}) (DC: ${info.datacenter})` });
        return;
      }
      servers.remove(info);
      if (event !== 'failed') return;
      doubtMember(pool, member);
      views?.doubt();
    },
    onUserEvent: options.onUserEvent,
  });
  stops.push(() => lan.stop());
  const remote = createRemoteCaller({
    pool,
    servers,
    datacenter: config.datacenter,
    holdTimeoutMs: config.rpcHoldTimeoutMs,
    waitLimits: config,
    limit: { perSecond: config.limits.rpcRate, burst: config.limits.rpcMaxBurst },
    runtime,
    logger,
  });
  stops.push(() => remote.stop());
  if (enrolment !== null && enrolled !== null) stops.push(keepEnrolled(enrolment, enrolled, remote));
  const rpc = views === null ? remote : withViews(remote, views, clock, config);
  let shuffling = clock.after(rebalanceIntervalMs(1, 1, random), function again() {
    servers.shuffle();
    shuffling = clock.after(rebalanceIntervalMs(servers.size, lan.members().length, random), again);
  });
  stops.push(() => shuffling.cancel());
  /** To one of the servers; it knows where to go from there. */
  const anyServer = (): string => {
    const server = servers.current();
    if (server === undefined) throw errors.noServers();
    return server.address;
  };
  return {
    rpc,
    server: null,
    snapshots: {
      save: async (question, signal) => saveFrom(sockets, anyServer(), question, signal),
      restore: async (question, archive, signal) => restoreTo(sockets, anyServer(), question, archive, signal),
    },
    lan,
    wan: null,
    knownServers: () => servers.size,
    joinConfigured: () => joinConfigured(options, lan, null, stops),
    leave: () => lan.leave(),
    stop: () => stopAll(stops),
  };
}

/** Ways to servers, as the settings of TLS want them. An address nobody announced is of this datacenter. */
function socketsToServers({ config, sockets, tls }: ClusterOptions, known: () => readonly ServerInfo[]): Sockets {
  return secureSockets(sockets, (address) => {
    const server = known().find((one) => one.address === address);
    return tls.asking({
      datacenter: server?.datacenter ?? config.datacenter,
      offersTls: server?.offersTls ?? false,
    });
  });
}

/** The servers' key counts where the configuration has none. */
const withGossipKey = (options: ClusterOptions, key: string): ClusterOptions =>
  key === '' || options.config.gossip.key !== null
    ? options
    : {
        ...options,
        config: { ...options.config, gossip: { ...options.config.gossip, key: Buffer.from(key, 'base64') } },
      };

function poolContext(options: ClusterOptions, logger: Logger): PoolContext {
  const { config, nodeId, version: build, sockets, runtime, metrics, tls } = options;
  return { config, nodeId, build, offersTls: tls.hasCertificate, sockets, runtime, logger, metrics };
}

async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

async function joinConfigured(
  { config, runtime, logger, onFatal }: ClusterOptions,
  lan: ConsulPool,
  wan: ConsulPool | null,
  stops: Stops,
): Promise<void> {
  for (const [pool, cluster, joins] of [
    [lan, 'LAN', config.joins.lan],
    [wan, 'WAN', config.joins.wan],
  ] as const) {
    if (pool === null) {
      if (joins.start.length + joins.retry.length > 0) throw new RpcError('Must be a server to join WAN cluster');
      continue;
    }
    const onGivenUp = (): void => onFatal(new Error('agent: max join retry exhausted, exiting'), 'Retry join failed');
    const joiner = { pool, cluster, joins, runtime, logger, onGivenUp };
    await joinAtStart(joiner);
    stops.push(keepJoining(joiner));
  }
}

const eventNames = {
  join: 'EventMemberJoin',
  leave: 'EventMemberLeave',
  failed: 'EventMemberFailed',
  update: 'EventMemberUpdate',
  reap: 'EventMemberReap',
} as const;

function logMember(logger: Logger, event: MemberEvent, member: Member): void {
  logger.named('serf').named('lan').info(`serf: ${eventNames[event]}: ${member.name} ${member.address}`);
}
