/** The pools of an agent from its configuration: LAN for everybody, WAN for servers. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Runtime } from '../../lib/runtime.ts';
import { contains, parseCidr, parseIp } from '../../lib/sockaddr/ip.ts';
import type { Sockets } from '../../lib/sockets.ts';
import type { Config, GossipTimers } from '../config/config.ts';
import type { Logger, Metrics } from '../telemetry/api.ts';
import { ConsulPool, type PoolListener } from './consul-pool.ts';
import { loadKeyring, saveKeyring } from './keyring-file.ts';
import { sameBytes } from './memberlist/core/node.ts';
import { Keyring } from './memberlist/keyring.ts';
import { encryptedLength } from './memberlist/security.ts';
import type { StreamSecurity } from './memberlist/stream.ts';
import { addrOfText, TransportError, textOfAddr } from './memberlist/transport.ts';
import { type Candidate, lanVeto, wanVeto } from './merge-rules.ts';
import { broadcastTimeoutMs, consulSerf, consulVsn, leavePropagateDelayMs, profiles } from './profiles.ts';
import { lanTags, wanTags } from './tags.ts';

export interface PoolContext {
  readonly config: Config;
  readonly nodeId: string;
  /** The Consul version that peers reckon with. */
  readonly build: string;
  /** This server can be asked over TLS. */
  readonly offersTls: boolean;
  readonly sockets: Sockets;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const lanKeyringFile = 'serf/local.keyring';

/** Whether gossip is encrypted: with the key of the configuration, or with keys of before. */
export function encryptsGossip(config: Config): boolean {
  const file = keyringPath(config, lanKeyringFile);
  return config.gossip.key !== null || (file !== null && existsSync(file));
}

const keyringPath = ({ dataDir, gossip }: Config, file: string): string | null =>
  dataDir === '' || gossip.disableKeyringFile ? null : join(dataDir, file);

export function startLanPool(context: PoolContext, listener: PoolListener): Promise<ConsulPool> {
  const { config, nodeId, build, offersTls } = context;
  const self = { name: config.nodeName, nodeId, datacenter: config.datacenter };
  return startPool(context, listener, {
    kind: 'lan',
    name: config.nodeName,
    address: config.advertiseAddr,
    port: config.ports.serfLan,
    timers: config.gossip.lan,
    tags: lanTags(config, nodeId, build, offersTls),
    keyringFile: lanKeyringFile,
    memoryFile: 'serf/local.snapshot',
    veto: (members) => lanVeto(self, members),
    log: 'lan',
  });
}

/** Servers of all datacenters; names end in the datacenter. */
export function startWanPool(context: PoolContext, listener: PoolListener): Promise<ConsulPool> {
  const { config, nodeId, build, offersTls } = context;
  return startPool(context, listener, {
    kind: 'wan',
    name: `${config.nodeName}.${config.datacenter}`,
    address: config.advertiseAddrWan,
    port: config.ports.serfWan,
    timers: config.gossip.wan,
    tags: wanTags(config, nodeId, build, offersTls),
    keyringFile: 'serf/remote.keyring',
    memoryFile: 'serf/remote.snapshot',
    veto: wanVeto,
    log: 'wan',
  });
}

/** Thrown when the sockets of a pool cannot be had; names the pool. */
export class PoolStartError extends Error {
  override readonly name = 'PoolStartError';
}

interface Shape {
  readonly kind: 'lan' | 'wan';
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly timers: GossipTimers;
  readonly tags: Readonly<Record<string, string>>;
  readonly keyringFile: string;
  readonly memoryFile: string;
  readonly veto: (members: readonly Candidate[]) => string | null;
  readonly log: string;
}

async function startPool(context: PoolContext, listener: PoolListener, shape: Shape): Promise<ConsulPool> {
  const { config, sockets, runtime, logger, metrics } = context;
  const addr = addrOfText(shape.address);
  if (addr === null) throw new Error(`no IP address to advertise: '${shape.address}'`);
  const { timers } = shape;
  const profile = profiles[shape.kind];
  const file = keyringPath(config, shape.keyringFile);
  const security = securityOf(context, shape.kind, file);
  const cipherBytes = security?.verifyOutgoing === true ? encryptedLength(1, 0) : 0;
  const starting = ConsulPool.start(
    {
      memberlist: {
        ...profile.memberlist,
        ...pick(timers),
        name: shape.name,
        addr,
        port: shape.port,
        vsn: consulVsn,
        packetBytes: profile.memberlist.packetBytes - cipherBytes,
      },
      serf: {
        ...consulSerf,
        name: shape.name,
        retransmitMult: timers.retransmitMult,
        gossipIntervalMs: timers.gossipIntervalMs,
        reconnectTimeoutMs: timers.reconnectTimeoutMs,
      },
      bindHost: timers.bindAddr,
      tcpTimeoutMs: profile.tcpTimeoutMs,
      broadcastTimeoutMs,
      leavePropagateDelayMs,
      tags: shape.tags,
      security,
      coordinates: !config.disableCoordinates,
      sockets,
      runtime,
      logger: logger.named('serf').named(shape.log),
      memberlistLogger: logger.named('memberlist').named(shape.log),
      metrics,
      events: {
        veto: (name, tags) => shape.veto([{ name, tags, left: false }]),
        vetoMerge: (members) => shape.veto(members),
        vetoAddress: cidrVeto(timers.allowedCidrs),
        onKeyringChange: (ring) => {
          if (file !== null) saveKeyring(file, ring);
        },
      },
    },
    listener,
    config.dataDir === ''
      ? null
      : { path: join(config.dataDir, shape.memoryFile), rejoinAfterLeave: config.gossip.rejoinAfterLeave },
  );
  return starting.catch((error) => {
    if (!(error instanceof TransportError)) throw error;
    const what = `${shape.kind.toUpperCase()} Serf: Failed to create memberlist: Could not set up network transport`;
    throw new PoolStartError(`Failed to start ${what}: failed to obtain an address: ${error.message}`, {
      cause: error,
    });
  });
}

const pick = ({
  gossipNodes,
  gossipIntervalMs,
  probeIntervalMs,
  probeTimeoutMs,
  suspicionMult,
  retransmitMult,
}: GossipTimers) => ({
  gossipNodes,
  gossipIntervalMs,
  probeIntervalMs,
  probeTimeoutMs,
  suspicionMult,
  retransmitMult,
});

/** A keyring file, once there, counts more than the key of the configuration. */
function securityOf(
  { config: { gossip }, logger }: PoolContext,
  kind: 'lan' | 'wan',
  file: string | null,
): StreamSecurity | null {
  const stored = file === null ? null : loadKeyring(file);
  const ring = stored ?? (gossip.key === null ? null : new Keyring([gossip.key]));
  if (ring === null) return null;
  const { key } = gossip;
  if (key !== null && !ring.keys.some((held) => sameBytes(held, key))) {
    logger.warn(`${kind.toUpperCase()} keyring exists but -encrypt given, using keyring`, { file });
  }
  if (stored === null && file !== null) saveKeyring(file, ring);
  return { ring, verifyIncoming: gossip.verifyIncoming, verifyOutgoing: gossip.verifyOutgoing };
}

function cidrVeto(cidrs: readonly string[]): (addr: Uint8Array) => boolean {
  const nets = cidrs.flatMap((cidr) => parseCidr(cidr) ?? []);
  if (nets.length === 0) return () => false;
  return (addr) => {
    const ip = parseIp(textOfAddr(addr));
    return ip === undefined || !nets.some((net) => contains(net, ip));
  };
}
