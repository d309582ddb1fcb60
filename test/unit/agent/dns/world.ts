/** A DNS interface over a small catalog in memory: questions in, decoded answers out, everything from seeds. */
import type { AgentCache, CacheWishes } from '../../../../src/agent/cache/agent-cache.ts';
import type { Config } from '../../../../src/agent/config/config.ts';
import { Answerer, type Client } from '../../../../src/agent/dns/answer.ts';
import { AskCatalog } from '../../../../src/agent/dns/ask-catalog.ts';
import { KeptAnswers } from '../../../../src/agent/dns/kept-answers.ts';
import { CatalogReader } from '../../../../src/agent/dns/read-catalog.ts';
import { Responder } from '../../../../src/agent/dns/responder.ts';
import { settingsOf } from '../../../../src/agent/dns/settings.ts';
import { Upstreams } from '../../../../src/agent/dns/upstream.ts';
import { decodeMessage } from '../../../../src/agent/dns/wire/decode.ts';
import { Encoder } from '../../../../src/agent/dns/wire/encode.ts';
import type { DnsRecord, Message } from '../../../../src/agent/dns/wire/message.ts';
import { nameText, wireName } from '../../../../src/agent/dns/wire/name.ts';
import { className, TYPE, typeName } from '../../../../src/agent/dns/wire/numbers.ts';
import { RpcError } from '../../../../src/agent/errors.ts';
import type { Answer, RpcCaller } from '../../../../src/agent/rpc/caller.ts';
import { silentLogger } from '../../../../src/agent/telemetry/logger.ts';
import type { Random, Runtime } from '../../../../src/lib/runtime.ts';
import { formatIp } from '../../../../src/lib/sockaddr/ip.ts';
import { CheckServiceNode, HealthCheck, Node, NodeService, ServiceNode } from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';
import { PreparedQueryExecuteResponse } from '../../../../src/structs/prepared-query.ts';
import { Dice } from '../../../fuzz/dice.ts';

export interface Instance {
  readonly node: string;
  readonly address?: string;
  readonly meta?: Record<string, string>;
  readonly tagged?: Record<string, string>;
  readonly service?: Partial<NodeService>;
  /** Status of one check of it. */
  readonly status?: string;
}

export const dnsDefaults: Config['dns'] = {
  allowStale: true,
  maxStaleMs: 1e9,
  nodeTtlMs: 0,
  serviceTtlMs: {},
  aRecordLimit: 0,
  udpAnswerLimit: 3,
  enableTruncate: false,
  disableCompression: false,
  onlyPassing: false,
  recursorTimeoutMs: 100,
  nodeMetaTxt: true,
  soa: { refresh: 3600, retry: 600, expire: 86400, minTtl: 0 },
  useCache: false,
  cacheMaxAgeMs: 0,
};

export const configWith = (dns: Partial<Config['dns']> = {}, rest: Partial<Config> = {}): Config =>
  ({
    nodeName: 'alpha',
    datacenter: 'dc1',
    domain: 'consul.',
    altDomain: '',
    translateWanAddrs: false,
    recursors: [],
    dns: { ...dnsDefaults, ...dns },
    ...rest,
  }) as unknown as Config;

export function runtimeFrom(seed: number): Runtime {
  const dice = new Dice(seed);
  const random: Random = {
    float: () => dice.int(1 << 20) / (1 << 20),
    int: (limit) => dice.int(limit),
    bytes: (length) => Uint8Array.from({ length }, () => dice.int(256)),
    uuid: () => '00000000-0000-4000-8000-000000000000',
  };
  let nowMs = 0;
  const clock = {
    wallMs: () => 1_700_000_000_000,
    // Time passes with every look at it.
    nowMs: () => nowMs++,
    after: () => ({ cancel() {} }),
  };
  return { random, clock };
}

/** Answers like a leader: at once, and current until `change`. */
export class FakeCatalog implements RpcCaller {
  instances: readonly Instance[];
  calls: string[] = [];
  /** Where set, every call throws it. */
  error: Error | null = null;
  lastContactNs = 0;
  /** Like a server that follows: the same object as long as nothing changes, and no word on how long. */
  follows = false;
  /** What prepared queries answer; null where nobody made one. */
  executed: Partial<PreparedQueryExecuteResponse> | null = null;
  readonly executions: Record<string, unknown>[] = [];
  #version = 0;
  /** One reply for one question, as long as nothing changes. */
  readonly #replies = new Map<string, unknown>();
  constructor(instances: readonly Instance[]) {
    this.instances = instances;
  }

  change(instances: readonly Instance[]): void {
    this.instances = instances;
    this.#version++;
    this.#replies.clear();
  }

  call: RpcCaller['call'] = (method, args) => {
    const asked = args as Record<string, unknown>;
    this.calls.push(`${method}${asked.AllowStale ? ' stale' : ''}`);
    if (this.error !== null) throw this.error;
    if (asked.Datacenter !== 'dc1' && asked.Datacenter !== 'dc2') throw new RpcError('No path to datacenter');
    const version = this.#version;
    const answer: Answer<unknown> = {
      reply: this.#kept(method, asked),
      meta: { LastContact: this.lastContactNs } as Answer<unknown>['meta'],
      ...(this.follows ? {} : { isCurrent: () => this.#version === version }),
    };
    return answer as never;
  };

  #kept(method: string, asked: Record<string, unknown>): unknown {
    const key = `${method} ${JSON.stringify(asked)}`;
    if (!this.#replies.has(key)) this.#replies.set(key, this.#reply(method, asked));
    return this.#replies.get(key);
  }

  #reply(method: string, asked: Record<string, unknown>): unknown {
    const same = (a: unknown, b: unknown) => String(a).toLowerCase() === String(b).toLowerCase();
    switch (method) {
      case 'Catalog.ListNodes':
        return { Nodes: this.instances.map(nodeOf) };
      case 'Catalog.NodeServices': {
        const one = this.instances.find(({ node }) => same(node, asked.Node));
        return { NodeServices: one === undefined ? null : { Node: nodeOf(one), Services: {} } };
      }
      case 'Catalog.ServiceNodes': {
        const at = this.instances.filter(({ service }) => service?.Address === asked.ServiceAddress);
        return { ServiceNodes: at.map(({ service }) => make(ServiceNode, { ServiceName: service!.Service! })) };
      }
      case 'Health.ServiceNodes': {
        const tags = (asked.ServiceTags ?? []) as string[];
        const found = this.instances.filter(
          ({ service }) =>
            same(service?.Service, asked.ServiceName) && tags.every((tag) => service!.Tags?.includes(tag)),
        );
        return { Nodes: found.map(instanceOf) };
      }
      case 'PreparedQuery.Execute':
        if (this.executed === null) throw new RpcError('Query not found');
        this.executions.push(asked);
        return make(PreparedQueryExecuteResponse, {
          Nodes: this.instances.map(instanceOf),
          DNS: { TTL: '' },
          ...this.executed,
        });
      default:
        throw new RpcError(`rpc: can't find method ${method}`);
    }
  }
}

const nodeOf = ({ node, address = '10.0.0.1', meta = {}, tagged = {} }: Instance): Node =>
  make(Node, { Node: node, Address: address, Meta: meta, TaggedAddresses: tagged, Datacenter: 'dc1' });

const instanceOf = (instance: Instance): CheckServiceNode =>
  make(CheckServiceNode, {
    Node: nodeOf(instance),
    Service: make(NodeService, { ID: instance.service!.Service!, ...instance.service }),
    Checks: [make(HealthCheck, { Status: instance.status ?? 'passing' })],
  });

export interface Asking {
  readonly type?: keyof typeof TYPE | number;
  readonly edns?: number;
  readonly network?: 'udp' | 'tcp';
  readonly id?: number;
  readonly flags?: number;
}

export function queryFor(name: string, { type = 'A', edns, id = 7, flags = 0x0100 }: Asking = {}): Buffer {
  const number = typeof type === 'number' ? type : TYPE[type];
  const option = { name: '\0', type: TYPE.OPT, class: edns ?? 0, ttlSeconds: 0, rdata: [] };
  const question = { name: wireName(name)!, type: number, class: 1 };
  const additional = edns === undefined ? [] : [option];
  return new Encoder().encode({ id, flags, question, answer: [], authority: [], additional }, true).bytes;
}

export class World {
  readonly catalog: FakeCatalog;
  readonly responder: Responder;
  readonly kept: KeptAnswers;
  token = '';
  /** What the cache was asked for. */
  readonly wishes: CacheWishes[] = [];
  /** Warnings and errors that were logged. */
  readonly log: string[] = [];

  constructor(instances: readonly Instance[], config: Config = configWith(), seed = 1) {
    const runtime = runtimeFrom(seed);
    const { random } = runtime;
    const metrics = { counter: () => () => {}, sample: () => () => {}, gauge: () => () => {} };
    const note = (message: string) => void this.log.push(message);
    const logger = { ...silentLogger, warn: note, error: note };
    this.catalog = new FakeCatalog(instances);
    const cache: Pick<AgentCache, 'get'> = {
      get: async (method, subject, wishes) => {
        this.wishes.push(wishes);
        return { answer: await this.catalog.call(method, subject), hit: true, ageMs: 0 };
      },
    };
    const current = settingsOf(config);
    const settings = () => current;
    const encoder = new Encoder();
    this.kept = new KeptAnswers(random);
    const upstreams = new Upstreams({ runtime, logger });
    const reader = new CatalogReader({ rpc: this.catalog, cache, settings, token: () => this.token, metrics });
    const catalog = new AskCatalog({ reader, upstreams, settings, random, logger });
    const answerer = new Answerer({ catalog, upstreams, settings, encoder, random });
    const { kept } = this;
    this.responder = new Responder({ answerer, kept, encoder, runtime, logger, metrics, nodeName: 'alpha' });
  }

  async raw(bytes: Buffer, network: Client['network'] = 'udp'): Promise<Buffer | null> {
    return this.responder.respond(bytes, { address: '127.0.0.1', port: 4242, network });
  }

  async ask(name: string, asking: Asking = {}): Promise<Shown> {
    const bytes = await this.raw(queryFor(name, asking), asking.network);
    if (bytes === null) throw new Error('no answer');
    return shown(decodeMessage(bytes), bytes.length);
  }
}

export interface Shown {
  readonly rcode: number;
  readonly flags: readonly string[];
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  readonly size: number;
}

export function shown(message: Message, size: number): Shown {
  const names = { aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80 };
  const flags = Object.entries(names).filter(([, bit]) => (message.flags & bit) !== 0);
  return {
    rcode: message.flags & 15,
    flags: flags.map(([name]) => name),
    answer: message.answer.map(recordText),
    authority: message.authority.map(recordText),
    additional: message.additional.map(recordText),
    size,
  };
}

/** `name ttl class type data`, as zone files have it. */
export function recordText({ name, type, class: recordClass, ttlSeconds, rdata }: DnsRecord): string {
  if (type === TYPE.OPT) return `OPT ${recordClass}`;
  const data = rdata.flatMap((part): readonly (string | number)[] | string => {
    if (typeof part === 'string') return nameText(part);
    if (type === TYPE.A || type === TYPE.AAAA) return formatIp([...part]);
    if (type === TYPE.TXT) return JSON.stringify(Buffer.from(part.slice(1)).toString());
    if (type === TYPE.SRV) return [0, 2, 4].map((at) => Buffer.from(part).readUInt16BE(at));
    if (type === TYPE.SOA) return [0, 4, 8, 12, 16].map((at) => Buffer.from(part).readUInt32BE(at));
    return Buffer.from(part).toString('hex');
  });
  return [nameText(name), ttlSeconds, className(recordClass), typeName(type), ...data].join(' ');
}
