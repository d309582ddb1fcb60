/** Agents of a cluster as real processes on loopback: made with free ports of their own, asked over HTTP, killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../../src/cli/dev-cluster/free-ports.ts';
import { tc } from '../agent-process.ts';

export interface NodeOptions {
  readonly name: string;
  readonly server: boolean;
  /** Whom it joins, again and again until they are there. */
  readonly joins?: readonly ClusterNode[];
  readonly joinsWan?: readonly ClusterNode[];
  readonly expect?: number;
  readonly args?: readonly string[];
}

interface Ports {
  readonly http: number;
  readonly rpc: number;
  readonly lan: number;
  readonly wan: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export class ClusterNode {
  readonly name: string;
  readonly ports: Ports;
  output = '';
  #child: ChildProcess | null = null;
  readonly #args: readonly string[];

  private constructor(name: string, ports: Ports, args: readonly string[]) {
    this.name = name;
    this.ports = ports;
    this.#args = args;
  }

  static async make(directory: string, options: NodeOptions): Promise<ClusterNode> {
    const [http, rpc, lan, wan] = (await freePorts(4)) as [number, number, number, number];
    const { name, server, joins = [], joinsWan = [], expect = 0 } = options;
    const role = server
      ? ['-server', '-hcl=performance { raft_multiplier = 1 }', ...(expect > 0 ? [`-bootstrap-expect=${expect}`] : [])]
      : [];
    return new ClusterNode(name, { http, rpc, lan, wan }, [
      'agent',
      `-node=${name}`,
      `-data-dir=${join(directory, name)}`,
      '-bind=127.0.0.1',
      '-disable-host-node-id',
      '-dns-port=-1',
      '-grpc-port=-1',
      `-http-port=${http}`,
      `-server-port=${rpc}`,
      `-serf-lan-port=${lan}`,
      `-serf-wan-port=${wan}`,
      ...role,
      ...joins.map((node) => `-retry-join=127.0.0.1:${node.ports.lan}`),
      ...joinsWan.map((node) => `-retry-join-wan=127.0.0.1:${node.ports.wan}`),
      '-hcl=retry_interval = "200ms"',
      '-hcl=retry_interval_wan = "200ms"',
      ...(options.args ?? []),
    ]);
  }

  start(more: readonly string[] = []): void {
    const child = spawn(tc, [...this.#args, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.output += String(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
  }

  /** Sends a signal and waits for the end. @returns the exit code, null when the signal ended it. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return null;
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  async ask(method: string, path: string, body?: string): Promise<Reply> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.http}${path}`, {
      method,
      signal: AbortSignal.timeout(15_000),
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  /** The JSON of a read; undefined while it fails. */
  async read<T>(path: string): Promise<T | undefined> {
    try {
      const { status, text } = await this.ask('GET', path);
      return status === 200 ? (JSON.parse(text) as T) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Tries until it is true. */
export async function until(what: string, condition: () => Promise<boolean>, timeoutMs = 25_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(25);
  }
}

/** A directory and the processes in it, gone at the end of the test. */
export class Playground implements AsyncDisposable {
  readonly directory: string;
  readonly nodes: ClusterNode[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<Playground> {
    return new Playground(await mkdtemp(join(tmpdir(), 'tc-cluster-e2e-')));
  }

  async node(options: NodeOptions): Promise<ClusterNode> {
    const node = await ClusterNode.make(this.directory, options);
    this.nodes.push(node);
    return node;
  }

  /** Servers that wait for each other, started. */
  async servers(count: number, args: readonly string[] = [], prefix = 's'): Promise<ClusterNode[]> {
    const servers: ClusterNode[] = [];
    for (let i = 1; i <= count; i++) {
      const joins = servers.slice(0, 1);
      servers.push(await this.node({ name: `${prefix}${i}`, server: true, expect: count, joins, args }));
    }
    for (const server of servers) server.start();
    await Promise.all(servers.map((server) => until(`${server.name} knows a leader`, () => knowsLeader(server))));
    return servers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
    await rm(this.directory, { recursive: true, force: true });
  }
}

export const knowsLeader = async (node: ClusterNode): Promise<boolean> =>
  ((await node.read<string>('/v1/status/leader')) ?? '') !== '';

export async function leaderOf(nodes: readonly ClusterNode[], asked = nodes[0]!): Promise<ClusterNode> {
  const address = (await asked.read<string>('/v1/status/leader')) ?? '';
  const leader = nodes.find((node) => address.endsWith(`:${node.ports.rpc}`));
  if (leader === undefined) throw new Error(`no leader among them: '${address}'`);
  return leader;
}

export interface MemberJson {
  readonly Name: string;
  readonly Status: number;
}

/** Name -> 1 alive, 3 left, 4 failed. */
export async function statuses(node: ClusterNode, wan = false): Promise<Record<string, number>> {
  const members = (await node.read<MemberJson[]>(`/v1/agent/members${wan ? '?wan=1' : ''}`)) ?? [];
  return Object.fromEntries(members.map(({ Name, Status }) => [Name, Status]));
}
