/** A server in one piece of memory: what is proposed is applied at once, from its encoded form, as a follower would. */

import type { Config } from '../../src/agent/config/config.ts';
import { loadConfig } from '../../src/agent/config/load.ts';
import type { Fsm, Raft } from '../../src/agent/raft/api.ts';
import { Forwarder } from '../../src/agent/rpc/forwarder.ts';
import { ConnectionPool } from '../../src/agent/rpc/pool.ts';
import type { ServerPool } from '../../src/agent/server/pools.ts';
import { createServer, type Server } from '../../src/agent/server/server.ts';
import { silentLogger } from '../../src/agent/telemetry/logger.ts';
import { MetricRegistry } from '../../src/agent/telemetry/metric-registry.ts';
import type { Clock, Random } from '../../src/lib/runtime.ts';
import { nodeSockets } from '../../src/lib/sockets.ts';
import type { Dice } from './dice.ts';

export const nodeId = '11111111-2222-3333-4444-555555555555';

/** The configuration of a development agent on no particular machine. */
export function devConfig(): Config {
  const flags = { dev: true, files: [], format: '', lists: {}, values: { node_name: 'n1' }, hcl: [] };
  const result = loadConfig(flags, {
    files: { kindOf: () => 'file', readText: () => '', list: () => [] },
    env: {},
    network: () => ({ interfaces: [], defaultRoutes: [] }),
    hostname: () => 'fuzz',
  });
  if (result.kind === 'error') throw new Error(result.message);
  return result.loaded.config;
}

/** Time that passes only when nothing else can happen: waits end at once, in their order. */
export class EagerClock implements Clock {
  #nowMs = 1_000_000;
  #timers: { atMs: number; fn: () => void }[] = [];

  wallMs = (): number => 1_626_951_290_000 + this.#nowMs;
  nowMs = (): number => this.#nowMs;

  after(delayMs: number, fn: () => void): { cancel(): void } {
    const timer = { atMs: this.#nowMs + delayMs, fn };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Fires the next timer; false if there is none. */
  step(): boolean {
    const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.fn();
    return true;
  }
}

export async function instantServer(config: Config, clock: Clock, dice: Dice): Promise<Server> {
  return createServer({
    tokens: { agentMaster: '', replication: '' },
    config,
    nodeId,
    nodeName: config.nodeName,
    runtime: { clock, random: randomFrom(dice) },
    logger: silentLogger,
    metrics: new MetricRegistry({ clock, prefix: '' }),
    startRaft: async (fsm) => instantRaft(fsm),
    members: () => [],
    pools: { lan: () => silentPool, wan: () => null },
    forwarder: new Forwarder({
      pool: new ConnectionPool({ sockets: nodeSockets, clock, maxStreams: 1, idleMs: 1000 }),
      random: randomFrom(dice),
      datacenter: config.datacenter,
      lan: () => [],
      wan: () => [],
      rttSeconds: () => Number.POSITIVE_INFINITY,
    }),
  });
}

const silentPool: ServerPool = {
  userEvent: () => {},
  keyring: async () => ({ messages: {}, keys: {}, primaryKeys: {}, nodes: 1, error: '' }),
  coordinateOf: () => undefined,
};

function randomFrom(dice: Dice): Random {
  const bytes = (length: number) => Uint8Array.from({ length }, () => dice.int(256));
  return {
    float: () => dice.word() / 2 ** 32,
    int: (limit) => dice.int(limit),
    bytes,
    uuid: () =>
      Buffer.from(bytes(16))
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  };
}

function instantRaft(fsm: Fsm): Raft {
  let index = 10;
  const address = '127.0.0.1:8300';
  const refuse = () => Promise.reject(new Error('no snapshots here'));
  return {
    leadership: { leader: { id: nodeId, address }, isLeader: true },
    onLeadership: () => () => {},
    propose: async (data) => {
      index++;
      const entry = { index, term: 1, type: 0, data, extensions: null, appendedAtMs: 0 } as const;
      return { index, result: fsm.apply([entry])[0] };
    },
    barrier: async () => {},
    hasLease: () => true,
    get commitIndex() {
      return index;
    },
    whenApplied: async () => {},
    verifyLeader: async () => {},
    takeSnapshot: refuse,
    openSnapshot: refuse,
    restoreSnapshot: refuse,
    bootstrap: () => {},
    changeConfiguration: async () => {},
    transferLeadership: async () => {},
    stats: () => ({
      role: 'leader',
      term: 1,
      lastLogIndex: index,
      lastLogTerm: 1,
      commitIndex: index,
      appliedIndex: index,
      fsmPending: 0,
      lastSnapshotIndex: 0,
      lastSnapshotTerm: 0,
      configuration: { servers: [{ suffrage: 'voter', id: nodeId, address }] },
      configurationIndex: 1,
      lastContactMs: 0,
    }),
    stop: async () => {},
  };
}
