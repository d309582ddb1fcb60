/** Every endpoint, asked with every kind of token: the outcome is the one of the table, and no route is without a row. */
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../src/agent/http/api.ts';
import { routes } from '../../../src/agent/http/routes.ts';
import { AgentProcess } from '../agent-process.ts';
import { until } from '../cluster/node.ts';
import { management } from '../security.ts';
import { columns, decisions, policies, type Row } from './decisions.ts';

const master = management;
const wrong = 'e2b6c0de-0000-4000-8000-0000000000ff';
const subject = 'subject';

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Reads no more than the beginning: some answers have no end. */
function ask(port: number, method: string, path: string, token: string, body = ''): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token === '' ? {} : { 'X-Consul-Token': token }),
      ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
    };
    const request = http.request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const endless = path.includes('/monitor');
      let text = '';
      const done = (): void => resolve({ status: response.statusCode ?? 0, text });
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      response.on('end', done);
      response.on('error', done);
      if (endless && response.statusCode === 200) {
        done();
        response.destroy();
      }
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** An agent with ACLs, something of every kind called `subject`, and a token of every kind. */
class Ground {
  readonly agent: AgentProcess;
  readonly tokens = new Map<string, string>([
    ['none', ''],
    ['wrong', wrong],
  ]);
  readonly #ids = new Map<string, string>();

  private constructor(agent: AgentProcess) {
    this.agent = agent;
  }

  static async make(): Promise<Ground> {
    const more = `enable_debug = true connect { enabled = true }
      ui_config { enabled = true metrics_proxy { base_url = "http://127.0.0.1:1" } }`;
    const hcl = `acl { enabled = true default_policy = "deny" tokens { master = "${master}" agent = "${master}" } }`;
    const args = ['-node', subject, '-hcl', hcl, '-hcl', more];
    const agent = await AgentProcess.create({ dev: true, args });
    const ground = new Ground(agent);
    await agent.start();
    const registered = async (): Promise<boolean> =>
      (await ground.master('GET', `/v1/catalog/node/${subject}`)).text.includes('consul');
    await until('the agent is in the catalog', registered);
    for (const [name, Rules] of Object.entries(policies)) {
      const { ID } = await ground.made('PUT', '/v1/acl/policy', { Name: name, Rules });
      const { SecretID } = await ground.made('PUT', '/v1/acl/token', { Policies: [{ ID }] });
      ground.tokens.set(name, SecretID!);
    }
    const identity = {
      ServiceIdentities: [{ ServiceName: subject }],
      NodeIdentities: [{ NodeName: subject, Datacenter: 'dc1' }],
    };
    ground.tokens.set('identity', (await ground.made('PUT', '/v1/acl/token', identity)).SecretID!);
    ground.#ids.set('$policy', (await ground.made('PUT', '/v1/acl/policy', { Name: subject })).ID!);
    ground.#ids.set('$role', (await ground.made('PUT', '/v1/acl/role', { Name: subject })).ID!);
    ground.#ids.set('$token', (await ground.made('PUT', '/v1/acl/token', { Description: subject })).AccessorID!);
    const old = { Name: subject, Type: 'client' };
    ground.#ids.set('$legacy', (await ground.made('PUT', '/v1/acl/create', old)).ID!);
    await ground.master('PUT', `/v1/event/fire/${subject}`);
    await ground.restore();
    return ground;
  }

  master(method: string, path: string, body?: unknown): Promise<Reply> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    return ask(this.agent.httpPort, method, path, master, text);
  }

  async made(method: string, path: string, body: unknown): Promise<Record<string, string>> {
    const { status, text } = await this.master(method, path, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as Record<string, string>;
  }

  /** What a request may have taken away is there again. */
  async restore(): Promise<void> {
    const check = { CheckID: subject, TTL: '1h', Status: 'passing' };
    await this.master('PUT', '/v1/agent/service/register', {
      Name: subject,
      Port: 1,
      Connect: { Native: true },
      Check: check,
    });
    await this.master('PUT', `/v1/kv/${subject}`, subject);
    await this.master('PUT', '/v1/coordinate/update', {
      Node: subject,
      Coord: { Vec: new Array(8).fill(0), Height: 1 },
    });
    await this.master('PUT', '/v1/connect/intentions/exact?source=web&destination=subject', { Action: 'allow' });
    await this.master('PUT', '/v1/config', { Kind: 'service-defaults', Name: subject, Protocol: 'http' });
    await this.master('POST', '/v1/query', { Name: subject, Service: { Service: subject } });
    const idOf = async (path: string): Promise<string> => {
      const all = JSON.parse((await this.master('GET', path)).text) as { ID: string; Name?: string }[];
      return all.find(({ Name }) => Name === undefined || Name === subject)?.ID ?? 'none';
    };
    this.#ids.set('$query', await idOf('/v1/query'));
    this.#ids.set('$session', (await this.made('PUT', '/v1/session/create', { Name: subject })).ID!);
    this.#ids.set(
      '$node',
      JSON.parse((await this.master('GET', `/v1/catalog/node/${subject}`)).text).Node.ID as string,
    );
  }

  #filled(text: string): string {
    return text.replace(/\$[a-z]+/g, (name) => this.#ids.get(name) ?? name);
  }

  async outcome(
    method: string,
    path: string,
    { rest = '', query = '', body = '' }: Row,
    column: string,
  ): Promise<string> {
    const target = this.#filled(path + rest) + (query === '' ? '' : `?${this.#filled(query)}`);
    const send = (token: string): Promise<Reply> => ask(this.agent.httpPort, method, target, token, this.#filled(body));
    const { status, text } = await send(this.tokens.get(column)!);
    if (text.includes('ACL not found')) return '!';
    if (status === 403 || /permission denied|denied (due to|by) ACLs/i.test(text)) return '-';
    if (method !== 'GET' || text.includes(subject)) return '+';
    // What only managers see in it was left out for this token.
    return (await send(master)).text.includes(subject) ? 'o' : '+';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent[Symbol.asyncDispose]();
  }
}

const keysOf = ({ path, methods }: Route): string[] => methods.map((method) => `${method} ${path}`);

describe('every endpoint', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await Ground.make();
  });
  afterAll(() => ground[Symbol.asyncDispose]());

  it('has a row in the table, and every row an endpoint', () => {
    const known = new Set(routes.flatMap(keysOf));
    const handlesMethods = routes.filter(({ ownMethods }) => ownMethods === true).map(({ path }) => path);
    const rows = Object.keys(decisions);
    expect([...known].filter((key) => !Object.hasOwn(decisions, key))).toEqual([]);
    expect(handlesMethods.filter((path) => !rows.some((row) => row.includes(` ${path}`)))).toEqual([]);
    expect(rows.filter((row) => !known.has(row) && !handlesMethods.some((path) => row.includes(` ${path}`)))).toEqual(
      [],
    );
  });

  it.each(Object.entries(decisions).filter(([, row]) => row.ends !== true))('%s', async (key, row) => {
    const [method, path] = key.split(' ') as [string, string];
    let outcomes = '';
    for (const column of columns) {
      if (method !== 'GET') await ground.restore();
      outcomes += await ground.outcome(method, path, row, column);
    }
    expect(outcomes).toBe(row.outcomes);
  });
});

describe('an endpoint that ends the agent', () => {
  it.each(Object.entries(decisions).filter(([, row]) => row.ends === true))('%s', async (key, row) => {
    const [method, path] = key.split(' ') as [string, string];
    let ground = await Ground.make();
    let outcomes = '';
    for (const column of columns) {
      const outcome = await ground.outcome(method, path, row, column);
      outcomes += outcome;
      if (outcome !== '+') continue;
      expect(await ground.agent.exited()).toBe(0);
      ground = await Ground.make();
    }
    await ground[Symbol.asyncDispose]();
    expect(outcomes).toBe(row.outcomes);
  });
});
