/** The composition root: builds the parts of an agent from its configuration, starts them in order, stops them in reverse. */
import type { Runtime } from '../lib/runtime.ts';
import { nodeSockets } from '../lib/sockets.ts';
import { systemFailure } from '../lib/system-text.ts';
import { AgentTokens, inOwnName } from './acl/agent-tokens.ts';
import { localAcl } from './acl/local-acl.ts';
import { AgentCache } from './cache/agent-cache.ts';
import { startCluster } from './cluster.ts';
import type { Config, TlsSettings } from './config/config.ts';
import type { Files } from './config/host.ts';
import type { Loaded } from './config/load.ts';
import { startError } from './config/start-checks.ts';
import { noEffectWarning } from './config/unsupported.ts';
import { LeafCerts } from './connect/leaf-certs.ts';
import { sendCoordinates } from './coordinate-sender.ts';
import type { DnsServer } from './dns/server.ts';
import { RpcError } from './errors.ts';
import type { RemoteExec } from './events/remote-exec.ts';
import { UserEvents } from './events/user-events.ts';
import { StartJoinError } from './gossip/joiner.ts';
import { encryptsGossip } from './gossip/start-pools.ts';
import type { AgentFace, Api } from './http/api.ts';
import { createHttpServer } from './http/server.ts';
import { holdDataDir } from './local/data-dir.ts';
import { createLocalAgent } from './local/local-agent.ts';
import { nodeIdOf } from './local/node-id.ts';
import { writePidFile } from './local/pid-file.ts';
import { agentStats } from './local/stats.ts';
import { MemoryLogStore } from './raft/log-store-memory.ts';
import { createRaft } from './raft/raft.ts';
import { memorySnapshotStore } from './raft/snapshot-store-memory.ts';
import type { RaftStorage } from './raft/storage.ts';
import type { RpcCaller } from './rpc/caller.ts';
import type { Logger } from './telemetry/api.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { AgentTls } from './tls/agent-tls.ts';
import { readMaterial, type TlsMaterial } from './tls/material.ts';
import { AgentWatches } from './watches.ts';

export interface AgentOptions {
  readonly loaded: Loaded;
  /** The Consul version that is announced to peers, and a word on this build of ours. */
  readonly version: string;
  readonly revision: string;
  readonly runtime: Runtime;
  /** Where certificates and keys are read from. */
  readonly files: Files;
  /** Made and stopped by the caller: it outlives the agent. */
  readonly telemetry: Telemetry;
  /** Called when it is known who starts, before anything else of note: the banner. */
  readonly announce: (nodeId: string, gossipEncrypted: boolean) => void;
  /** The configuration anew, from the same flags and files. Throws with what is wrong in it. */
  readonly reload: (current: Loaded) => Loaded;
}

export interface Agent {
  /** Resolves with an exit code when the agent has to end by itself: somebody made it leave, or it cannot go on. */
  readonly ended: Promise<number>;
  /** Rejects with an RpcError when the new configuration is wrong; nothing has changed then. */
  reload(): Promise<void>;
  /** Takes leave of the cluster. */
  leave(): Promise<void>;
  /** Stops everything; afterwards nothing is open. */
  stop(): Promise<void>;
}

/** Resolves when the agent answers requests. Rejects, with nothing left running, when it cannot. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { telemetry } = options;
  const { logger } = telemetry;
  const stops: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  try {
    return await compose(options, stops, stop);
  } catch (error) {
    await stop();
    telemetry.releaseConsole();
    if (error instanceof StartJoinError) logger.error(error.message);
    else logger.error('Error starting agent', { error: systemFailure(error) });
    throw error;
  }
}

async function compose(options: AgentOptions, stops: (() => unknown)[], stop: Agent['stop']): Promise<Agent> {
  const { version, revision, runtime, telemetry } = options;
  const { logger } = telemetry;
  let { loaded } = options;
  const config = (): Loaded['config'] => loaded.config;

  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  if (config().dataDir !== '') {
    const hold = await holdDataDir(config().dataDir);
    stops.push(() => hold.release());
  }
  const nodeId = nodeIdOf(config(), runtime.random);
  options.announce(nodeId, encryptsGossip(config()));
  warn(options);
  const wrong = startError(loaded);
  if (wrong !== undefined) throw new Error(wrong);
  const watches = new AgentWatches(logger);
  let beginWatches = await watches.prepare(config());
  const removePidFile = writePidFile(config().pidFile);
  stops.push(removePidFile);

  const readTls = (settings: TlsSettings): TlsMaterial => readMaterial(settings, options.files);
  const tls = new AgentTls({ settings: config().tls, material: readTls(config().tls), domain: config().domain });
  const tokens = new AgentTokens(config(), logger);
  let events: UserEvents | null = null;
  const cluster = await startCluster({
    config: config(),
    nodeId,
    version,
    sockets: nodeSockets,
    tls,
    runtime,
    logger,
    metrics: telemetry.metrics,
    startRaft: createRaft,
    openStorage: () => openStorage(config(), runtime, logger.named('server')),
    onFatal: (error, what = 'the agent cannot go on') => {
      logger.error(what, { error: error.message });
      telemetry.flushSync();
      end(1);
    },
    onUserEvent: (event) => events?.receive(event),
    tokens,
  }).catch((error) => {
    const kind = config().server ? 'server' : 'client';
    throw new Error(`Failed to start Consul ${kind}: ${systemFailure(error)}`, { cause: error });
  });
  const { rpc, server, lan, wan } = cluster;
  stops.push(async () => {
    await cluster.stop();
    logger.info(server === null ? 'consul client down' : 'consul server down');
  });

  const ownRpc = inOwnName(rpc, tokens);
  const clusterSize = () => lan.members().length;
  const agentTls = () => tls.checking();
  const local = createLocalAgent({ config, nodeId, rpc: ownRpc, clusterSize, agentTls, runtime, logger });
  stops.push(() => local.stop());
  await local.applyDefinitions(loaded.settings);
  await local.restore();
  const services = () =>
    local.registry.state.services().map(({ service }) => ({ name: service.Service, tags: service.Tags ?? [] }));
  const { nodeName } = config();
  const remoteExec = config().disableRemoteExec ? null : await startRemoteExec(config(), ownRpc, options);
  stops.push(() => remoteExec?.stop());
  const userEvents = new UserEvents({
    nodeName,
    services,
    rpc,
    random: runtime.random,
    logger,
    remoteExec: remoteExec === null ? null : (event) => void remoteExec.handle(event),
  });
  events = userEvents;

  const reload = async (): Promise<void> => {
    logger.info('Reloading configuration...');
    try {
      const fresh = options.reload(loaded);
      const material = readTls(fresh.config.tls);
      beginWatches = await watches.prepare(fresh.config);
      await local.applyDefinitions(fresh.settings);
      loaded = fresh;
      tls.reload(fresh.config.tls, material);
      tokens.reload(config().acl);
    } catch (error) {
      throw new RpcError((error as Error).message, 500, { cause: error });
    }
    telemetry.setLevel(config().log.level);
    telemetry.setMetricsFilter(config().telemetry);
    dns?.reload();
    cache.reload();
    http.setConnectionLimit(config().limits.httpMaxConnsPerClient);
    for (const warning of config().warnings) logger.warn(warning);
    beginWatches();
    local.trigger();
  };
  const leave = async (): Promise<void> => {
    local.stopSyncing();
    await cluster.leave();
  };

  const face: AgentFace = {
    nodeId,
    version,
    revision,
    wallMs: () => runtime.clock.wallMs(),
    members: () => lan.members(),
    wanMembers: () => wan?.members() ?? [],
    coordinate: () => lan.coordinate,
    debugConfig: () => config().debug,
    stats: () => agentStats({ config: config(), version, cluster, local: local.registry.counts() }),
    metricsJson: () => telemetry.metricsInterval(),
    prometheusText: () => telemetry.prometheus(),
    logLines: (level, json, signal) => telemetry.monitor({ level, json, signal }),
    reload,
    leave: async () => {
      await leave();
      end(0);
    },
    join: async (address, inWan) => {
      const pool = inWan ? wan : lan;
      if (pool === null) throw new RpcError('Must be a server to join WAN cluster');
      const [where, addresses] = inWan ? ['(WAN)', 'wan_addresses'] : ['(LAN)', 'lan_addresses'];
      logger.info(`${where} joining`, { [addresses]: `[${address}]` });
      const nodes = await pool.join([address]);
      logger.info(`${where} joined`, { number_of_nodes: nodes });
    },
    forceLeave: (name, prune) => {
      if (!lan.members().some((member) => member.name === name)) {
        throw new RpcError(`agent: No node found with name '${name}'`);
      }
      logger.info('Force leaving node', { node: name });
      lan.forceLeave(name, prune);
      wan?.forceLeave(`${name}.${config().datacenter}`, prune);
    },
    snapshots: cluster.snapshots,
  };
  const cache = new AgentCache({
    rpc,
    clock: runtime.clock,
    logger: logger.named('cache'),
    fetchLimit: () => config().cacheFetchLimit,
  });
  stops.push(() => cache.stop());
  const leaves = new LeafCerts({ rpc, cache, ...runtime, logger: logger.named('leaf-certs') });
  stops.push(() => leaves.stop());
  const { clock } = runtime;
  const { datacenter } = config();
  const remote = { config, datacenter, rpc, clock, agentMaster: () => tokens.agentMaster };
  const acl = localAcl(server?.acl ?? null, remote, logger.named('acl'));
  const api: Api = {
    rpc,
    cache,
    leaves,
    agent: face,
    local: local.registry,
    events: userEvents,
    acl,
    tokens,
    log: logger.named('http'),
    get config() {
      return config();
    },
  };
  const dns = await startDns(config, rpc, cache, tokens, options);
  stops.push(() => dns?.stop());
  const http = createHttpServer({
    api,
    tls,
    logger,
    metrics: telemetry.metrics,
    requestTimer: telemetry.requestTimer,
    nowMs: runtime.clock.nowMs,
  });
  await http.start();
  stops.push(() => http.stop());
  local.start();
  logger.info('started state syncer');
  stops.push(sendCoordinates({ config: config(), lan, rpc: ownRpc, runtime, logger }));
  await cluster.joinConfigured();
  logger.info('Consul agent running!');
  beginWatches();
  stops.push(() => watches.stop());
  return { ended, reload, leave, stop };
}

async function startDns(
  config: () => Config,
  rpc: RpcCaller,
  cache: AgentCache,
  tokens: AgentTokens,
  { runtime, telemetry: { logger, metrics } }: AgentOptions,
): Promise<DnsServer | null> {
  if (config().dnsAddrs.length === 0) return null;
  // Not loaded where nobody asks.
  const { createDnsServer } = await import('./dns/server.ts');
  const dns = createDnsServer({ config, rpc, cache, token: () => tokens.user, runtime, logger, metrics });
  await dns.start();
  return dns;
}

async function startRemoteExec(
  { nodeName, datacenter }: Config,
  rpc: RpcCaller,
  { runtime, telemetry: { logger } }: AgentOptions,
): Promise<RemoteExec> {
  const { RemoteExec } = await import('./events/remote-exec.ts');
  return new RemoteExec({ nodeName, datacenter, rpc, clock: runtime.clock, logger });
}

function warn({ loaded, telemetry: { logger } }: AgentOptions): void {
  for (const warning of loaded.config.warnings) logger.warn(warning);
  const idle = noEffectWarning(loaded);
  if (idle !== undefined) logger.warn(idle);
}

async function openStorage({ devMode, dataDir }: Config, { clock }: Runtime, logger: Logger): Promise<RaftStorage> {
  if (devMode) return { store: new MemoryLogStore(), snapshots: memorySnapshotStore(clock.wallMs) };
  // The database is not loaded where nothing is kept.
  const durable = await import('./raft/storage.ts');
  return durable.openStorage(dataDir, clock, logger);
}
