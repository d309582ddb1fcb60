/** Three servers go from the previous build to this one and back, one at a time, under load: nothing acknowledged is lost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AgentProcess, tc as current } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';
import { freePorts } from '../free-port.ts';
import { suite, suiteHeaders } from '../security.ts';
import { buildOf, previousBuild } from './previous-build.ts';

interface Server {
  readonly dataDir: string;
  readonly http: number;
  readonly rpc: number;
  readonly lan: number;
  child: ChildProcess | null;
}

const count = 3;

class Cluster implements AsyncDisposable {
  readonly servers: Server[] = [];
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<Cluster> {
    const cluster = new Cluster(await mkdtemp(join(tmpdir(), 'tc-upgrade-')));
    const ports = await freePorts(3 * count);
    for (let i = 0; i < count; i++) {
      const [http, rpc, lan] = ports.slice(3 * i, 3 * i + 3) as [number, number, number];
      cluster.servers.push({ dataDir: join(cluster.#folder, `s${i}`), http, rpc, lan, child: null });
    }
    return cluster;
  }

  start(server: Server, program: string): void {
    const { dataDir, http, rpc, lan } = server;
    const ports = [
      '-http-port',
      http,
      '-server-port',
      rpc,
      '-serf-lan-port',
      lan,
      '-serf-wan-port',
      -1,
      '-dns-port',
      -1,
    ];
    const others = this.servers
      .filter((one) => one !== server)
      .flatMap((one) => ['-retry-join', `127.0.0.1:${one.lan}`]);
    const mode = [
      '-server',
      `-bootstrap-expect=${count}`,
      '-data-dir',
      dataDir,
      '-bind',
      '127.0.0.1',
      '-node',
      `n${rpc}`,
    ];
    const fast = ['-hcl', 'performance { raft_multiplier = 1 }', '-disable-host-node-id=true', '-retry-interval=1s'];
    const argv = ['agent', ...mode, ...ports, ...others, ...fast, ...(suite?.args(true) ?? [])].map(String);
    server.child = spawn(program, argv, { stdio: 'ignore' });
  }

  async stop(server: Server, signal: NodeJS.Signals): Promise<void> {
    const { child } = server;
    server.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async healthy(): Promise<void> {
    for (let i = 0; i < 600; i++) {
      const answers = await Promise.all(
        this.servers.map(async ({ http }) => {
          try {
            const health = await fetch(`http://127.0.0.1:${http}/v1/operator/autopilot/health`, {
              headers: suiteHeaders,
            });
            const { Servers } = (await health.json()) as { Servers: unknown[] };
            return health.status === 200 && Servers.length === count;
          } catch {
            return false;
          }
        }),
      );
      if (answers.every(Boolean)) return;
      await sleep(100);
    }
    throw new Error('the servers never became healthy');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => this.stop(server, 'SIGKILL')));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Writes to all servers in turn until told to stop. */
function load(servers: readonly Server[]) {
  const acknowledged = new Map<string, string>();
  let refused = 0;
  let over = false;
  const writer = async (name: number): Promise<void> => {
    for (let i = 0; !over; i++) {
      const key = `load/${name}/${i % 50}`;
      const value = `${name} ${i}`;
      const { http } = servers[(name + i) % servers.length]!;
      try {
        const url = `http://127.0.0.1:${http}/v1/kv/${key}`;
        const answer = await fetch(url, {
          method: 'PUT',
          headers: suiteHeaders,
          body: value,
          signal: AbortSignal.timeout(10_000),
        });
        if (answer.status === 200 && (await answer.text()) === 'true') acknowledged.set(key, value);
        // Whether it was written is not known: it must not be taken for lost, nor for kept.
        else acknowledged.delete(key);
      } catch {
        acknowledged.delete(key);
        refused++;
        await sleep(20);
      }
      await sleep(2);
    }
  };
  const writers = [0, 1, 2, 3].map(writer);
  return {
    async end() {
      over = true;
      await Promise.all(writers);
      return { acknowledged, refused };
    },
  };
}

it('from the previous build to this one and back', { timeout: 240_000 }, async ({ skip }) => {
  using previous = previousBuild();
  if (previous === null) return skip('the history of the repository is not here');
  await using cluster = await Cluster.create();
  for (const server of cluster.servers) cluster.start(server, previous.tc);
  await cluster.healthy();
  const writing = load(cluster.servers);

  const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${cluster.servers[0]!.http}` };
  const check = await tc(['operator', 'upgrade-check'], { env });
  expect(check.err).toBe('');
  expect(check.out).toContain('Nothing speaks against the upgrade.');
  for (const program of [current, previous.tc]) {
    for (const server of cluster.servers) {
      await cluster.stop(server, 'SIGINT');
      cluster.start(server, program);
      await cluster.healthy();
    }
  }

  const { acknowledged } = await writing.end();
  expect(acknowledged.size).toBeGreaterThan(50);
  for (const { http } of cluster.servers) {
    const answer = await fetch(`http://127.0.0.1:${http}/v1/kv/load/?recurse&consistent`, { headers: suiteHeaders });
    const pairs = (await answer.json()) as { Key: string; Value: string }[];
    const found = new Map(pairs.map(({ Key, Value }) => [Key, Buffer.from(Value, 'base64').toString()]));
    for (const [key, value] of acknowledged) expect(found.get(key), key).toBe(value);
  }
});

/** The last version that kept its log in `raft/log`. */
const ofFormat0 = '897ad57';

it('a data directory of format 0 is taken over with all that is in it', { timeout: 60_000 }, async ({ skip }) => {
  using earlier = buildOf(ofFormat0);
  if (earlier === null) return skip('the history of the repository is not here');
  const dataDir = await mkdtemp(join(tmpdir(), 'tc-format-'));
  try {
    await using before = await AgentProcess.create({ dataDir, program: earlier.tc });
    await before.start();
    for (let i = 0; i < 50; i++) await before.request('PUT', `/v1/kv/kept/${i}`, `value ${i}`);
    await before.kill();
    expect(await readdir(join(dataDir, 'raft'))).toContain('log');

    await using after = await AgentProcess.create({ dataDir });
    await after.start();
    expect(JSON.parse((await after.request('GET', '/v1/kv/kept/?keys')).text)).toHaveLength(50);
    expect((await after.request('GET', '/v1/kv/kept/49?raw')).text).toBe('value 49');
    expect(after.output).toContain(`data directory brought up to date: copy=${dataDir}/raft.format-0`);
    expect(await readdir(join(dataDir, 'raft.format-0', 'log'))).toContain('000000000001.log');
    expect(await readdir(join(dataDir, 'raft'))).not.toContain('log');
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
