/** A real agent as a process of its own, for end-to-end tests: fresh ports, a data directory, start, kill, restart. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-port.ts';
import { suite, suiteHeaders } from './security.ts';

export const tc = resolve(import.meta.dirname, '..', '..', 'bin', 'run.js');

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface AgentOptions {
  /** Development mode (state in memory) instead of a durable server. */
  readonly dev?: boolean;
  readonly dataDir?: string;
  readonly args?: readonly string[];
  /** Default: this build. */
  readonly program?: string;
  /** In the secure suite as well, ACLs are what `args` say, and requests carry no token but their own. */
  readonly ownAcls?: boolean;
}

/** How an agent is asked: over HTTPS in the secure suite, where programs of others still find it at its HTTP port. */
interface Api {
  readonly http: number;
  /** null: it has none. */
  readonly https: number | null;
  readonly headers: Readonly<Record<string, string>>;
}

export class AgentProcess {
  readonly dataDir: string;
  /** Everything the agent printed, over all of its starts. */
  output = '';
  #child: ChildProcess | undefined;
  readonly #args: readonly string[];
  readonly #program: string;
  readonly #scratch: string | undefined;
  readonly #api: Api;
  readonly #pool: http.Agent;

  private constructor(
    program: string,
    api: Api,
    dataDir: string,
    scratch: string | undefined,
    args: readonly string[],
  ) {
    this.#program = program;
    this.#api = api;
    this.#pool = new (api.https === null ? http : https).Agent({
      keepAlive: true,
      maxSockets: Number.POSITIVE_INFINITY,
    });
    this.dataDir = dataDir;
    this.#scratch = scratch;
    this.#args = args;
  }

  /** Prepares an agent; `start` runs it. */
  static async create(options: AgentOptions = {}): Promise<AgentProcess> {
    const ports = await freePorts(6);
    const scratch = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'tc-e2e-')) : undefined;
    const dataDir = options.dataDir ?? (scratch as string);
    const [httpPort, dns, server, lan, wan, https] = ports as [number, number, number, number, number, number];
    const mode = options.dev === true ? ['-dev'] : ['-server', '-bootstrap', '-data-dir', dataDir];
    const listeners = ['-bind', '127.0.0.1', '-http-port', httpPort, '-dns-port', dns, '-server-port', server];
    const gossip = ['-serf-lan-port', lan, '-serf-wan-port', wan];
    const fast = ['-hcl', 'performance { raft_multiplier = 1 }', '-node', 'e2e'];
    const secure = suite === null ? [] : [...suite.args(true, options.ownAcls), '-https-port', https];
    const headers = options.ownAcls === true ? {} : suiteHeaders;
    return new AgentProcess(
      options.program ?? tc,
      { http: httpPort, https: suite === null ? null : https, headers },
      dataDir,
      scratch,
      ['agent', ...mode, ...listeners, ...gossip, ...fast, ...secure, ...(options.args ?? [])].map(String),
    );
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the agent is not running');
    return this.#child.pid;
  }

  /** Plain HTTP. */
  get httpPort(): number {
    return this.#api.http;
  }

  /** For commands: `-http-addr` or CONSUL_HTTP_ADDR. */
  get address(): string {
    return this.#api.https === null ? `127.0.0.1:${this.#api.http}` : `https://127.0.0.1:${this.#api.https}`;
  }

  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Starts the process without waiting until it answers. */
  launch(): void {
    const child = spawn(this.#program, this.#args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
  }

  /** Resolves with the exit code (null when a signal ended the process). */
  async exited(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  async ready(timeoutMs = 20_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      try {
        const answer = await this.request('GET', '/v1/status/leader', undefined, 2_000);
        if (answer.status === 200 && answer.text.length > 3 && (await this.#isKnown())) return;
      } catch {
        // not listening yet
      }
      if (this.#child === undefined || this.#child.exitCode !== null)
        throw new Error(`the agent ended:\n${this.output}`);
      if (Date.now() > end) throw new Error(`the agent was not ready within ${timeoutMs} ms:\n${this.output}`);
      await sleep(20);
    }
  }

  /** Whether the token of our requests is known: the leader makes it a moment after it is one. */
  async #isKnown(): Promise<boolean> {
    if (!('X-Consul-Token' in this.#api.headers)) return true;
    return (await this.request('GET', '/v1/acl/token/self', undefined, 2_000)).status === 200;
  }

  request(method: string, path: string, body?: string | Buffer, timeoutMs = 30_000): Promise<HttpAnswer> {
    return new Promise((done, fail) => {
      const { http: plain, https: secure, headers: own } = this.#api;
      const headers = { ...own, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) };
      const request = (secure === null ? http : https).request(
        { host: '127.0.0.1', port: secure ?? plain, method, path, agent: this.#pool, headers, ...suite?.client },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', fail);
          response.on('end', () => {
            done({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(parts).toString(),
            });
          });
        },
      );
      request.on('error', fail);
      request.setTimeout(timeoutMs, () =>
        request.destroy(new Error(`${method} ${path}: no answer in ${timeoutMs} ms`)),
      );
      request.end(body);
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill(signal);
    await this.exited();
    this.#child = undefined;
  }

  /** Kills the process and removes what `create` made. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#pool.destroy();
    if (this.#scratch !== undefined) await rm(this.#scratch, { recursive: true, force: true });
  }
}
