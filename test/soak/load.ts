/** A mixed load at a steady pace: keys, locks, services, health, watches, tokens, events, DNS, snapshots. */
import { randomUUID } from 'node:crypto';
import dns from 'node:dns/promises';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { master, type SoakAgent, type SoakCluster } from './cluster.ts';

/** So few that all of them are in every cache long before growth is looked for. */
const keys = 1_000;

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Of the answer, for the next question. */
  readonly index: number;
}

export class Load {
  readonly #cluster: SoakCluster;
  readonly #pool: https.Agent;
  readonly #over = new AbortController();
  readonly #running: Promise<void>[] = [];
  /** Done, by kind. */
  readonly done = new Map<string, number>();
  readonly errors: string[] = [];

  constructor(cluster: SoakCluster) {
    this.#cluster = cluster;
    this.#pool = new https.Agent({ keepAlive: true, maxSockets: 200, ca: cluster.ca });
  }

  ask(agent: SoakAgent, method: string, path: string, body?: string, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        'x-consul-token': master,
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      };
      const request = https.request(
        {
          host: '127.0.0.1',
          port: agent.port,
          servername: 'localhost',
          method,
          path,
          headers,
          agent: this.#pool,
          signal,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              text: Buffer.concat(chunks).toString('latin1'),
              index: Number(response.headers['x-consul-index'] ?? 0),
            }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  /** `perSecond` steps of each kind, spread over the agents. */
  start(): void {
    const { agents } = this.#cluster;
    const clients = agents.filter(({ isServer }) => !isServer);
    const any = (i: number): SoakAgent => agents[i % agents.length]!;
    const client = (i: number): SoakAgent => clients[i % clients.length]!;
    const ok = async (answer: Promise<Answer>, ...accepted: number[]): Promise<Answer> => {
      const got = await answer;
      if (got.status !== 200 && !accepted.includes(got.status))
        throw new Error(`${got.status} ${got.text.slice(0, 200)}`);
      return got;
    };
    const put = (agent: SoakAgent, path: string, body?: unknown) =>
      ok(this.ask(agent, 'PUT', path, typeof body === 'string' ? body : JSON.stringify(body ?? {})));
    const get = (agent: SoakAgent, path: string, ...accepted: number[]) =>
      ok(this.ask(agent, 'GET', path), ...accepted);

    this.#every('kv put', 40, async (i) => {
      const value = 'v'.repeat(50 + (i % 400));
      await put(any(i), `/v1/kv/soak/${i % keys}`, value);
    });
    this.#every('kv get', 60, (i) => get(any(i), `/v1/kv/soak/${(i * 7) % keys}?raw`, 404));
    this.#every('kv delete', 5, (i) => ok(this.ask(any(i), 'DELETE', `/v1/kv/soak/${(i * 13) % keys}`)));
    this.#every('kv list', 1, (i) => get(any(i), '/v1/kv/soak/1?recurse', 404));
    this.#every('txn', 5, (i) => {
      const op = (j: number) => ({ KV: { Verb: 'set', Key: `txn/${(i + j) % 500}`, Value: 'eA==' } });
      return put(
        any(i),
        '/v1/txn',
        Array.from({ length: 8 }, (_, j) => op(j)),
      );
    });
    this.#every('lock', 2, async (i) => {
      const agent = any(i);
      const { ID } = JSON.parse((await put(agent, '/v1/session/create', { TTL: '30s', LockDelay: '0s' })).text) as {
        ID: string;
      };
      await put(agent, `/v1/kv/lock/${i % 20}?acquire=${ID}`, 'held');
      await put(agent, `/v1/session/destroy/${ID}`);
    });
    this.#every('service', 3, async (i) => {
      const ID = `svc-${i % 60}`;
      const agent = clients[(i % 60) % clients.length]!;
      await put(agent, '/v1/agent/service/register', {
        ID,
        Name: `svc-${i % 12}`,
        Port: 1_000 + (i % 60),
        Check: { TTL: '10m' },
      });
      await put(agent, `/v1/agent/check/update/service:${ID}`, {
        Status: i % 5 === 0 ? 'warning' : 'passing',
        Output: String(i),
      });
      if (i % 3 === 0) await put(agent, `/v1/agent/service/deregister/${ID}`);
    });
    this.#every('health', 20, (i) =>
      get(any(i), `/v1/health/service/svc-${i % 12}?${i % 2 === 0 ? 'cached' : 'stale'}`),
    );
    this.#every('catalog', 5, (i) => get(any(i), i % 2 === 0 ? '/v1/catalog/services' : '/v1/catalog/nodes'));
    this.#every('token', 0.5, async (i) => {
      const { AccessorID } = JSON.parse((await put(any(i), '/v1/acl/token', { Description: `soak ${i}` })).text) as {
        AccessorID: string;
      };
      await ok(this.ask(any(i), 'DELETE', `/v1/acl/token/${AccessorID}`));
    });
    this.#every('refused', 1, async (i) => {
      const path = `/v1/kv/soak/${i % keys}?token=${randomUUID()}`;
      // The parameter counts over the header.
      const { status } = await this.ask(any(i), 'GET', path);
      if (status !== 403) throw new Error(`${status} for a token that is not there`);
    });
    this.#every('event', 0.5, (i) => put(any(i), '/v1/event/fire/soak', `payload ${i}`));
    this.#every('dns', 10, async (i) => {
      const resolver = new dns.Resolver({ timeout: 5_000, tries: 2 });
      resolver.setServers([`127.0.0.1:${any(i).dnsPort}`]);
      // The anonymous token may see nothing: NXDOMAIN is the answer.
      await resolver.resolve4(`svc-${i % 12}.service.consul`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTFOUND' && error.code !== 'ENODATA') throw error;
      });
    });
    this.#every('snapshot', 1 / 120, async (i) => {
      const { text } = await get(client(i), '/v1/snapshot');
      if (!text.startsWith('\x1f\x8b')) throw new Error('no archive');
    });
    for (let i = 0; i < 30; i++) this.#watch(any(i), i);
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running);
    this.#pool.destroy();
  }

  #every(kind: string, perSecond: number, step: (i: number) => Promise<unknown>): void {
    const run = async (): Promise<void> => {
      const { signal } = this.#over;
      // Not all at once.
      await sleep(Math.random() * 1_000, null, { signal }).catch(() => {});
      for (let i = Math.floor(Math.random() * 1_000); !signal.aborted; i++) {
        const startMs = performance.now();
        await this.#count(kind, () => step(i));
        const pauseMs = Math.max(1, 1_000 / perSecond - (performance.now() - startMs));
        await sleep(pauseMs, null, { signal }).catch(() => {});
      }
    };
    this.#running.push(run());
  }

  /** A blocking query that never ends. */
  #watch(agent: SoakAgent, i: number): void {
    const run = async (): Promise<void> => {
      const { signal } = this.#over;
      let index = 0;
      while (!signal.aborted) {
        await this.#count('watch', async () => {
          const what = i % 2 === 0 ? `/v1/kv/soak/${i * 30}` : `/v1/health/service/svc-${i % 12}`;
          const answer = await this.ask(agent, 'GET', `${what}?index=${index}&wait=20s`, undefined, signal);
          if (answer.status !== 200 && answer.status !== 404)
            throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
          index = answer.index;
        });
        await sleep(50);
      }
    };
    this.#running.push(run());
  }

  async #count(kind: string, step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
      this.done.set(kind, (this.done.get(kind) ?? 0) + 1);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      this.errors.push(`${new Date().toISOString()} ${kind}: ${(error as Error).message}`);
    }
  }
}
