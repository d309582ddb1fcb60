/** One whole server - store, state machine, endpoints, leader duties, consensus engine - that can crash and start again. */
import type { Config } from '../../../src/agent/config/config.ts';
import type { Member, MemberStatus } from '../../../src/agent/gossip/member.ts';
import type { Configuration, Fsm } from '../../../src/agent/raft/api.ts';
import { timingsFor } from '../../../src/agent/raft/core/timings.ts';
import { StorageFailed } from '../../../src/agent/raft/errors.ts';
import type { RaftNode } from '../../../src/agent/raft/options.ts';
import { createRaft } from '../../../src/agent/raft/raft.ts';
import { openFileSnapshotStore } from '../../../src/agent/raft/snapshot-store-file.ts';
import { Forwarder } from '../../../src/agent/rpc/forwarder.ts';
import type { ServerPool } from '../../../src/agent/server/pools.ts';
import { createServer, type Server } from '../../../src/agent/server/server.ts';
import type { Logger } from '../../../src/agent/telemetry/api.ts';
import { silentMetrics } from '../../silent.ts';
import { Disk } from '../disk.ts';
import { Process, type World } from '../world.ts';
import type { Network } from './network.ts';
import type { ServersOptions } from './options.ts';
import { SimTransport } from './transport.ts';

/** What a server needs of the run it is in. */
export interface Surroundings {
  readonly world: World;
  readonly network: Network;
  readonly options: ServersOptions;
  readonly config: Config;
  readonly configuration: () => Configuration;
  readonly members: () => readonly Member[];
  /** Called around every state machine: sees what is applied. */
  readonly watch: (server: SimServer, fsm: Fsm) => Fsm;
  readonly onStarted: (server: SimServer) => void;
  readonly onCrashed: (server: SimServer, wasLeader: boolean) => void;
  readonly onFailure: (error: unknown) => void;
}

const quietPool: ServerPool = {
  userEvent: () => {},
  keyring: async () => ({ messages: {}, keys: {}, primaryKeys: {}, nodes: 1, error: '' }),
  coordinateOf: () => undefined,
};

export class SimServer {
  readonly id: string;
  readonly address: string;
  readonly disk: Disk;
  process: Process | null = null;
  raft: RaftNode | null = null;
  server: Server | null = null;
  status: MemberStatus = 'alive';
  readonly #around: Surroundings;
  readonly #host: string;
  #lives = 0;

  constructor(number: number, around: Surroundings) {
    this.id = `s${number}`;
    this.#host = `10.0.0.${number}`;
    this.address = `${this.#host}:8300`;
    this.#around = around;
    this.disk = new Disk(around.world, around.options.disk, (where) => this.#crashed(where), `disk ${this.id}`);
  }

  get caller(): Server | null {
    return this.server;
  }

  get isLeader(): boolean {
    return this.raft?.leadership.isLeader === true;
  }

  get member(): Member {
    return {
      name: this.id,
      address: this.#host,
      port: 8301,
      status: this.status,
      tags: {
        ...{
          role: 'consul',
          ft_ri: '1',
          dc: 'dc1',
          id: this.id,
          port: '8300',
          vsn: '2',
          build: '1.10.7',
          raft_vsn: '3',
          ft_pv: '1',
        },
        ...(this.#around.options.expects && { expect: String(this.#around.options.servers) }),
      },
      protocol: { min: 1, max: 5, current: 2 },
      delegate: { min: 2, max: 5, current: 4 },
    };
  }

  start(): void {
    const { world, options, onFailure } = this.#around;
    const random = world.stream(`clock ${this.id}`);
    const process = new Process(
      world,
      `${this.id} life ${++this.#lives}`,
      1 + options.clockDrift * (2 * random.float() - 1),
    );
    this.process = process;
    world.trace(`${this.id} starts`);
    this.#boot(process).catch((error) => {
      if (!process.alive) return;
      if (!(error instanceof StorageFailed)) return onFailure(error);
      world.sometime('start failed for the disk');
      this.#end();
      world.after(1000, () => {
        if (this.process === null) this.start();
      });
    });
  }

  crash(): void {
    if (this.process === null) return;
    this.process.crash();
    this.#crashed('between writes');
  }

  async #boot(process: Process): Promise<void> {
    const { world, network, options, config, members, watch, onStarted, onFailure } = this.#around;
    const { runtime } = process;
    const logger = this.#logger(process);
    const store = await this.disk.logStore(process);
    if (store.firstIndex > 1) world.sometime('restart from snapshot and log');
    const snapshots = await openFileSnapshotStore({
      path: '/raft',
      files: this.disk.files(process),
      wallMs: runtime.clock.wallMs,
      logger,
    }).catch((error) => {
      throw error.code === 'EIO' || error.code === 'ENOSPC' ? new StorageFailed('open', error) : error;
    });
    const transport = new SimTransport(network, this, process, snapshots);
    const parts = {
      config,
      nodeId: this.id,
      nodeName: this.id,
      runtime,
      logger,
      metrics: silentMetrics,
      members,
      pools: { lan: () => quietPool, wan: () => null },
      tokens: { agentMaster: '', replication: '' },
      forwarder: new Forwarder({
        pool: network.poolOf(this),
        random: runtime.random,
        datacenter: config.datacenter,
        lan: members,
        wan: () => [],
        rttSeconds: () => Number.POSITIVE_INFINITY,
      }),
      startRaft: async (fsm: Fsm) => {
        const raft = await createRaft({
          id: this.id,
          address: this.address,
          storage: { store, snapshots },
          fsm: watch(this, fsm),
          runtime,
          logger,
          metrics: silentMetrics,
          bootstrap: options.expects ? null : this.#around.configuration(),
          timings: timingsFor(1),
          snapshotIntervalMs: 500,
          snapshotThreshold: options.snapshotThreshold,
          trailingLogs: options.trailingLogs,
          transport,
          preVote: options.preVote,
          nextTurn: (fn) => void world.after(0, fn, process),
          onFatal: onFailure,
        });
        if (!process.alive) return raft;
        transport.node = raft;
        this.raft = raft;
        onStarted(this);
        return raft;
      },
    };
    const server = await createServer(parts);
    if (process.alive) this.server = server;
  }

  #end(): boolean {
    const wasLeader = this.isLeader;
    this.process?.crash();
    this.process = null;
    this.raft = null;
    this.server = null;
    return wasLeader;
  }

  #crashed(where: string): void {
    this.#around.world.trace(`${this.id} crashes ${where}`);
    const wasLeader = this.#end();
    this.disk.afterCrash();
    this.#around.onCrashed(this, wasLeader);
  }

  #logger(process: Process): Logger {
    const line = (level: string) => (message: string, fields?: object) => {
      if (process.alive) {
        this.#around.world.trace(`${this.id} ${level} ${message} ${fields ? JSON.stringify(fields) : ''}`);
      }
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
