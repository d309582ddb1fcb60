/** Servers and clients on the machines of a lab: formed, watched, brought back. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../cluster/node.ts';
import { LabAgent } from './agent.ts';
import { Lab } from './lab.ts';

export interface ClusterOptions {
  readonly servers: number;
  readonly clients: number;
  readonly raftMultiplier: number;
}

const diskMiB = 192;

export class LabCluster implements AsyncDisposable {
  readonly lab: Lab;
  readonly servers: readonly LabAgent[];
  readonly clients: readonly LabAgent[];
  /** The last server has a disk of its own, which can be filled. */
  readonly smallDisk: string;
  readonly #directory: string;

  private constructor(lab: Lab, directory: string, { servers, clients, raftMultiplier }: ClusterOptions) {
    this.lab = lab;
    this.#directory = directory;
    const first = lab.machines[0]!.address;
    const settings = [
      `-hcl=performance { raft_multiplier = ${raftMultiplier} }`,
      '-hcl=autopilot { cleanup_dead_servers = false server_stabilization_time = "1s" }',
      '-hcl=retry_interval = "500ms"',
      '-hcl=session_ttl_min = "1s"',
    ];
    const agentOf = (i: number, name: string, args: readonly string[]): LabAgent =>
      new LabAgent(lab, lab.machines[i]!, name, directory, [`-retry-join=${first}`, ...settings, ...args]);
    this.servers = Array.from({ length: servers }, (_, i) =>
      agentOf(i, `s${i + 1}`, ['-server', `-bootstrap-expect=${servers}`]),
    );
    this.clients = Array.from({ length: clients }, (_, i) => agentOf(servers + i, `c${i + 1}`, []));
    this.smallDisk = this.servers.at(-1)!.dataDir;
    mkdirSync(this.smallDisk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'tmpfs', this.smallDisk]);
  }

  static async make(options: ClusterOptions): Promise<LabCluster> {
    const directory = mkdtempSync(join(tmpdir(), 'tc-network-'));
    const lab = await Lab.make(options.servers + options.clients);
    const cluster = new LabCluster(lab, directory, options);
    for (const agent of cluster.all) agent.start();
    await cluster.untilWhole();
    return cluster;
  }

  get all(): readonly LabAgent[] {
    return [...this.servers, ...this.clients];
  }

  /** Every server knows the same leader, and a write over every agent succeeds. */
  async untilWhole(timeoutMs = 60_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    const left = (): number => Math.max(1, end - Date.now());
    await until('all servers know one leader', async () => (await this.#leaders()).size === 1, left());
    for (const agent of this.all) {
      await until(`a write over ${agent.name}`, async () => this.#writes(agent), left());
    }
  }

  async #leaders(): Promise<Set<string>> {
    const told = await Promise.all(this.servers.map((server) => server.read<string>('/v1/status/leader')));
    return new Set(told.map((address) => address ?? ''));
  }

  async #writes(agent: LabAgent): Promise<boolean> {
    try {
      return (await agent.ask('PUT', `/v1/kv/whole/${agent.name}`, 'x', 5000)).text.trim() === 'true';
    } catch {
      return false;
    }
  }

  async leader(): Promise<LabAgent> {
    let found: LabAgent | undefined;
    await until('there is a leader', async () => {
      for (const server of this.servers) {
        const address = await server.read<string>('/v1/status/leader');
        found = this.servers.find((one) => address === `${one.machine.address}:8300`);
        if (found?.running === true) return true;
      }
      return false;
    });
    return found!;
  }

  async followers(): Promise<LabAgent[]> {
    const leader = await this.leader();
    return this.servers.filter((server) => server !== leader);
  }

  /** Raft's term, as one of the servers tells it. */
  async term(): Promise<number> {
    let term = 0;
    await until('a server tells its term', async () => {
      for (const server of this.servers) {
        const self = await server.read<{ Stats: { raft: { term: string } } }>('/v1/agent/self');
        if (self !== undefined) term = Math.max(term, Number(self.Stats.raft.term));
      }
      return term > 0;
    });
    return term;
  }

  /** The last server's disk has no room left. @returns what makes room again */
  fillDisk(): () => void {
    const ballast = join(this.smallDisk, 'ballast');
    const { bavail, bsize } = statfsSync(this.smallDisk);
    try {
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
    } catch (error) {
      // The agent has taken the last of it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    return () => rmSync(ballast, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((agent) => agent.end()));
    await this.lab[Symbol.asyncDispose]();
    execFileSync('umount', ['-l', this.smallDisk]);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
