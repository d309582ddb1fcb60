/** One whole agent without its HTTP side: pools, RPC port, consensus and all, as `startCluster` builds it, on simulated sockets and disks. */
import { join } from 'node:path';
import { type Cluster, startCluster } from '../../../src/agent/cluster.ts';
import type { Config } from '../../../src/agent/config/config.ts';
import type { UserEvent } from '../../../src/agent/gossip/serf/messages.ts';
import type { Fsm } from '../../../src/agent/raft/api.ts';
import { CorruptStorage, StorageFailed } from '../../../src/agent/raft/errors.ts';
import type { RaftNode } from '../../../src/agent/raft/options.ts';
import { createRaft } from '../../../src/agent/raft/raft.ts';
import { openFileSnapshotStore } from '../../../src/agent/raft/snapshot-store-file.ts';
import type { RaftStorage } from '../../../src/agent/raft/storage.ts';
import type { RpcCaller } from '../../../src/agent/rpc/caller.ts';
import type { Logger } from '../../../src/agent/telemetry/api.ts';
import { AgentTls } from '../../../src/agent/tls/agent-tls.ts';
import { readMaterial } from '../../../src/agent/tls/material.ts';
import { silentMetrics } from '../../silent.ts';
import { fakeHost, loaded } from '../../unit/agent/config/fake-host.ts';
import { Disk } from '../disk.ts';
import { Process, type World } from '../world.ts';
import type { Network } from './network.ts';
import type { AgentsOptions } from './options.ts';

/** What an agent needs of the run it is in. */
export interface Surroundings {
  readonly world: World;
  readonly network: Network;
  readonly options: MachineOptions;
  /** Flags that an agent starts with: where others can be found, and what else is its own. */
  readonly flags: (agent: SimAgent) => readonly string[];
  /** Where gossip keeps its keys and whom it knew, on a real disk, agent by agent; '' = nothing is kept. */
  readonly dataDir: string;
  readonly watch: (agent: SimAgent, fsm: Fsm) => Fsm;
  readonly onRaft: (agent: SimAgent) => void;
  readonly onCrashed: (agent: SimAgent) => void;
  readonly onUserEvent: (agent: SimAgent, event: UserEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

/** What of the options of a run concerns a single machine. */
export type MachineOptions = Pick<
  AgentsOptions,
  'disk' | 'clockDrift' | 'encrypted' | 'snapshotThreshold' | 'trailingLogs' | 'raftMultiplier'
> & { readonly ipv6: boolean };

export const gossipKey = 'pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=';

export class SimAgent {
  readonly id: string;
  readonly isServer: boolean;
  readonly disk: Disk;
  ip: string;
  process: Process | null = null;
  cluster: Cluster | null = null;
  raft: RaftNode | null = null;
  /** It says goodbye, or has. */
  leaving = false;
  readonly #around: Surroundings;
  readonly #number: number;
  readonly #expect: number;
  #lives = 0;
  #moves = 0;

  /** @param expect servers that wait for each other; 0 for one that joins others */
  constructor(number: number, isServer: boolean, expect: number, around: Surroundings) {
    this.id = `${isServer ? 's' : 'c'}${number}`;
    this.isServer = isServer;
    this.#number = number;
    this.#expect = expect;
    this.#around = around;
    this.ip = this.#address();
    this.disk = new Disk(around.world, around.options.disk, (where) => this.#crashed(where, false), `disk ${this.id}`);
  }

  get caller(): RpcCaller | null {
    return this.cluster?.rpc ?? null;
  }

  get isLeader(): boolean {
    return this.raft?.leadership.isLeader === true;
  }

  start(): void {
    const { world, options, onFailure } = this.#around;
    const random = world.stream(`clock ${this.id}`);
    const rate = 1 + options.clockDrift * (2 * random.float() - 1);
    const process = new Process(world, `${this.id} life ${++this.#lives}`, rate);
    this.process = process;
    this.leaving = false;
    world.trace(`${this.id} starts at ${this.ip}`);
    this.#boot(process).catch((error) => {
      if (!process.alive) return;
      if (!(error instanceof StorageFailed)) return onFailure(error);
      world.sometime('start failed for the disk');
      this.#end(false);
      world.after(1000, () => {
        if (this.process === null) this.start();
      });
    });
  }

  crash(powerToo: boolean): void {
    if (this.process === null) return;
    this.process.crash();
    this.#crashed('between writes', powerToo);
  }

  /** From the next start on it has another address. */
  move(): void {
    this.#moves++;
    this.ip = this.#address();
  }

  #address(): string {
    if (!this.#around.options.ipv6) return `10.0.${this.#moves}.${this.#number}`;
    return `fd00${this.#moves === 0 ? '' : `:0:0:${this.#moves}`}::${this.#number.toString(16)}`;
  }

  /** Leaves as by Ctrl-C, and ends. */
  async leave(): Promise<void> {
    const { process, cluster } = this;
    if (process === null || cluster === null || this.leaving) return;
    this.leaving = true;
    this.#around.world.trace(`${this.id} leaves`);
    await cluster.leave();
    await cluster.stop();
    this.#around.world.trace(`${this.id} has left`);
    if (this.process === process) this.#end(false);
  }

  async #boot(process: Process): Promise<void> {
    const { world, network, onFailure, onRaft, watch } = this.#around;
    const { runtime } = process;
    const logger = this.#logger(process);
    const config = this.#config();
    const cluster = await startCluster({
      config,
      nodeId: `${this.id}-id`,
      version: '1.10.7',
      sockets: network.socketsOf(this.ip, process),
      tls: new AgentTls({
        settings: config.tls,
        material: readMaterial(config.tls, fakeHost().files),
        domain: config.domain,
      }),
      runtime,
      logger,
      metrics: silentMetrics,
      openStorage: () => this.#openStorage(process, logger),
      startRaft: async (raftOptions) => {
        const raft = await createRaft({
          ...raftOptions,
          fsm: watch(this, raftOptions.fsm),
          nextTurn: (fn) => void world.after(0, fn, process),
          onFatal: onFailure,
        });
        if (process.alive) {
          this.raft = raft;
          onRaft(this);
        }
        return raft;
      },
      tokens: { agent: '', agentMaster: '', replication: '' },
      onFatal: onFailure,
      onUserEvent: (event) => {
        if (process.alive) this.#around.onUserEvent(this, event);
      },
    });
    if (!process.alive) return;
    this.cluster = cluster;
    await cluster.joinConfigured();
  }

  #config(): Config {
    const { options, flags, dataDir } = this.#around;
    const role = this.isServer ? ['-server', ...(this.#expect > 0 ? [`-bootstrap-expect=${this.#expect}`] : [])] : [];
    const files = {
      '/c.json': JSON.stringify({
        session_ttl_min: '500ms',
        performance: { raft_multiplier: options.raftMultiplier, leave_drain_time: '500ms' },
        autopilot: { server_stabilization_time: '1s' },
        limits: { rpc_rate: 1e6, rpc_max_burst: 1e6 },
        raft_snapshot_threshold: options.snapshotThreshold,
        raft_snapshot_interval: '500ms',
        raft_trailing_logs: options.trailingLogs,
      }),
    };
    const { config } = loaded(
      [
        ...role,
        ...flags(this),
        '-retry-interval=1s',
        `-node=${this.id}`,
        `-bind=${this.ip}`,
        '-data-dir=/data',
        ...(options.encrypted ? [`-encrypt=${gossipKey}`] : []),
        '-config-file=/c.json',
      ],
      fakeHost(files),
    );
    return { ...config, dataDir: dataDir === '' ? '' : join(dataDir, this.id) };
  }

  async #openStorage(process: Process, logger: Logger): Promise<RaftStorage> {
    const { world } = this.#around;
    const store = await this.disk.logStore(process);
    if (store.firstIndex > 1) world.sometime('restart from snapshot and log');
    try {
      const files = this.disk.files(process);
      const { wallMs } = process.runtime.clock;
      const snapshots = await openFileSnapshotStore({ path: '/raft', files, wallMs, logger });
      return { store, snapshots };
    } catch (error) {
      if (error instanceof CorruptStorage) throw error;
      throw new StorageFailed('open', error);
    }
  }

  #end(powerToo: boolean): void {
    this.process?.crash();
    this.#around.network.died(this.#around.network.machine(this.ip), powerToo);
    this.process = null;
    this.cluster = null;
    this.raft = null;
  }

  #crashed(where: string, powerToo: boolean): void {
    this.#around.world.trace(`${this.id} crashes ${where}${powerToo ? ', with its machine' : ''}`);
    this.#end(powerToo);
    this.disk.afterCrash();
    this.#around.onCrashed(this);
  }

  #logger(process: Process): Logger {
    const { world } = this.#around;
    const line = (level: string) => (message: string, fields?: object) => {
      if (process.alive) world.trace(`${this.id} ${level} ${message} ${fields ? textOf(fields) : ''}`);
    };
    const logger: Logger = {
      named: () => logger,
      enabled: () => true,
      trace: line('trace'),
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
    };
    return logger;
  }
}

const textOf = (fields: object): string =>
  JSON.stringify(fields, (_, value) => (value instanceof Error ? value.message : value));
