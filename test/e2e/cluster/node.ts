/** Agents of a cluster as real processes on loopback: made with free ports of their own, asked over HTTP, killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { tc } from '../agent-process.ts';
import { freePorts } from '../free-port.ts';
import { type Security, secureIn, suite } from '../security.ts';

/** Secure: default-deny ACLs, TLS with everything verified, encrypted gossip. */
export type Mode = 'plain' | 'secure';
export const modes: readonly Mode[] = suite === null ? ['plain', 'secure'] : ['secure'];

export interface NodeOptions {
  readonly name: string;
  readonly server: boolean;
  /** Whom it joins, again and again until they are there. */
  readonly joins?: readonly ClusterNode[];
  readonly joinsWan?: readonly ClusterNode[];
  readonly expect?: number;
  readonly args?: readonly string[];
  readonly security?: Security | null;
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
  readonly #security: Security | null;

  private constructor(name: string, ports: Ports, args: readonly string[], security: Security | null) {
    this.name = name;
    this.ports = ports;
    this.#args = args;
    this.#security = security;
  }

  static async make(directory: string, options: NodeOptions): Promise<ClusterNode> {
    const [http, rpc, lan, wan] = (await freePorts(4)) as [number, number, number, number];
    const { name, server, joins = [], joinsWan = [], expect = 0, security = null } = options;
    const role = server
      ? ['-server', '-hcl=performance { raft_multiplier = 1 }', ...(expect > 0 ? [`-bootstrap-expect=${expect}`] : [])]
      : [];
    const api = security === null ? [`-http-port=${http}`] : ['-http-port=-1', `-https-port=${http}`];
    const args = [
      'agent',
      `-node=${name}`,
      `-data-dir=${join(directory, name)}`,
      '-bind=127.0.0.1',
      '-disable-host-node-id',
      '-dns-port=-1',
      '-grpc-port=-1',
      ...api,
      `-server-port=${rpc}`,
      `-serf-lan-port=${lan}`,
      `-serf-wan-port=${wan}`,
      ...role,
      ...joins.map((node) => `-retry-join=127.0.0.1:${node.ports.lan}`),
      ...joinsWan.map((node) => `-retry-join-wan=127.0.0.1:${node.ports.wan}`),
      '-hcl=retry_interval = "200ms"',
      '-hcl=retry_interval_wan = "200ms"',
      ...(security?.args(server) ?? []),
      ...(options.args ?? []),
    ];
    return new ClusterNode(name, { http, rpc, lan, wan }, args, security);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.name} does not run`);
    return this.#child.pid;
  }

  /** For commands: `-http-addr` or CONSUL_HTTP_ADDR. */
  get address(): string {
    return `${this.isSecure ? 'https://' : ''}127.0.0.1:${this.ports.http}`;
  }

  /** null while it runs. */
  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  get isSecure(): boolean {
    return this.#security !== null;
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

  async ask(method: string, path: string, body?: string, own: Record<string, string> = {}): Promise<Reply> {
    const secure = this.#security;
    const request = (secure === null ? http : https).request({
      ...{ host: '127.0.0.1', port: this.ports.http, method, path, agent: false, signal: AbortSignal.timeout(15_000) },
      ...secure?.client,
      headers: {
        ...(secure !== null &&
          !('Authorization' in own || 'X-Consul-Token' in own) &&
          !path.includes('oken=') && { 'X-Consul-Token': secure.token }),
        ...own,
        ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
      },
    });
    request.end(body);
    const [response] = (await once(request, 'response').catch((error: Error) => {
      throw new Error(`${method} ${path} of ${this.name}: ${error.message}\n${this.output.slice(-4000)}`);
    })) as [http.IncomingMessage];
    return {
      status: response.statusCode ?? 0,
      headers: new Headers(response.headers as Record<string, string>),
      text: await text(response),
    };
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
  readonly security: Security | null;

  private constructor(directory: string, security: Security | null) {
    this.directory = directory;
    this.security = security;
  }

  /** @param mode default: as the whole suite is run */
  static async make(mode?: Mode): Promise<Playground> {
    const directory = await mkdtemp(join(tmpdir(), 'tc-cluster-e2e-'));
    if (mode === undefined) return new Playground(directory, suite);
    return new Playground(directory, mode === 'plain' ? null : await secureIn(directory));
  }

  async node(options: NodeOptions): Promise<ClusterNode> {
    const node = await ClusterNode.make(this.directory, { security: this.security, ...options });
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

/** ... and who may do what, where that matters: a leader makes the first token when it takes office. */
export const knowsLeader = async (node: ClusterNode): Promise<boolean> =>
  ((await node.read<string>('/v1/status/leader')) ?? '') !== '' &&
  (!node.isSecure || (await node.read('/v1/acl/token/self')) !== undefined);

export async function leaderOf(nodes: readonly ClusterNode[]): Promise<ClusterNode> {
  const address = (await nodes[0]!.read<string>('/v1/status/leader')) ?? '';
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
