/** Questions about our own names: reads what they need, resolves it, and chases the host names that turn up. */

import { parseDurationMs } from '../../lib/duration.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { MaybePromise, Random } from '../../lib/runtime.ts';
import { formatIp } from '../../lib/sockaddr/ip.ts';
import type { CheckServiceNode, Node } from '../../structs/catalog.ts';
import type { PreparedQueryExecuteResponse } from '../../structs/prepared-query.ts';
import type { Logger } from '../telemetry/api.ts';
import { type Asked, parseAsked, zoneOf } from './asked.ts';
import { chosen, inRandomOrder } from './fit.ts';
import { andThen, attempt, type CatalogReader, type Read } from './read-catalog.ts';
import { failure, noData, noSuchName, type Resolution } from './resolution.ts';
import {
  type Chased,
  healthy,
  isNodeType,
  type Resolving,
  resolveAddress,
  resolveNode,
  resolvePointer,
  resolveService,
  resolveZone,
} from './resolve.ts';
import { type DnsSettings, seconds } from './settings.ts';
import type { Upstreams } from './upstream.ts';
import { type DnsRecord, type Edns, MessageError, type Question } from './wire/message.ts';
import { lowerCase, type WireName } from './wire/name.ts';
import { classIn, FLAG, maxMessageBytes, RCODE, TYPE } from './wire/numbers.ts';

/** A resolution, and what of the state it was read from: null when that may change without a word. */
export interface Found {
  readonly resolution: Resolution;
  /** A service of very many instances is resolved in parts: this gives another one. */
  readonly renew?: () => Resolution;
  readonly holds: readonly (() => boolean)[] | null;
}

export interface AskCatalogOptions {
  readonly reader: CatalogReader;
  readonly upstreams: Upstreams;
  readonly settings: () => DnsSettings;
  readonly random: Random;
  readonly logger: Logger;
}

/** Who asks, for prepared queries that sort by distance. */
export interface Asker {
  readonly address: string;
  readonly edns: Edns | null;
  /** Bytes of the largest answer he takes. */
  readonly limitBytes: number;
}

/** An alias of an alias of an alias is followed, no further. */
const maxDepth = 3;
/** Host names of one answer that are looked up. */
const maxChased = 32;
const none: Chased = new Map();
/** Of services with more, no more instances are resolved than an answer can hold. */
const manyInstances = 512;

export class AskCatalog {
  readonly #reader: CatalogReader;
  readonly #upstreams: Upstreams;
  readonly #settings: () => DnsSettings;
  readonly #random: Random;
  readonly #logger: Logger;
  /** Nodes by address, of the last list of nodes. */
  #nodesBy: { readonly nodes: readonly Node[]; readonly address: ReadonlyMap<string, string> } | null = null;

  constructor({ reader, upstreams, settings, random, logger }: AskCatalogOptions) {
    this.#reader = reader;
    this.#upstreams = upstreams;
    this.#settings = settings;
    this.#random = random;
    this.#logger = logger;
  }

  /** `question` is within `zone`. Throws MessageError for what no message can hold. */
  ask(question: Question, zone: WireName, asker: Asker): MaybePromise<Found> {
    return this.#ask(question, zone, asker, maxDepth);
  }

  /** The names of an address; null when we know none. */
  askPointer(question: Question, address: string): MaybePromise<Found | null> {
    const settings = this.#settings();
    const resolving = { settings, question, chased: none };
    const { datacenter } = settings;
    return this.#guarded(settings, () =>
      andThen(this.#reader.read('Catalog.ListNodes', { Datacenter: datacenter }), (nodes) => {
        const node = this.#nodeAt(nodes.reply.Nodes ?? [], address);
        if (node !== undefined) return foundPointer(resolvePointer(resolving, { node }), nodes.isCurrent);
        const args = { Datacenter: datacenter, ServiceAddress: address };
        return andThen(this.#reader.read('Catalog.ServiceNodes', args), (services) => {
          const service = services.reply.ServiceNodes?.[0];
          const both = nodes.isCurrent === null || services.isCurrent === null;
          const { isCurrent: ofNodes } = nodes;
          const { isCurrent: ofServices } = services;
          return foundPointer(
            resolvePointer(resolving, service === undefined ? null : { service }),
            both ? null : () => ofNodes!() && ofServices!(),
          );
        });
      }),
    );
  }

  #ask(question: Question, zone: WireName, asker: Asker, depth: number): MaybePromise<Found> {
    const settings = this.#settings();
    const { type } = question;
    const failed = (error: unknown): Found => this.#failed(settings, error);
    if (type === TYPE.SOA || type === TYPE.NS) return attempt(() => this.#zone(settings, question), failed);
    if (type === TYPE.AXFR) return fixed(failure(RCODE.NOTIMP));
    const asked = parseAsked(lowerCase(question.name), zone, type, settings.datacenter);
    return attempt(() => this.#about(settings, question, zone, asked, asker, depth), failed);
  }

  #about(
    settings: DnsSettings,
    question: Question,
    zone: WireName,
    asked: Asked,
    asker: Asker,
    depth: number,
  ): MaybePromise<Found> {
    switch (asked.kind) {
      case 'nothing':
        return fixed(noSuchName(settings));
      case 'address':
        return fixed(resolveAddress({ settings, question, chased: none }, zone, asked.bytes));
      case 'node': {
        if (!isNodeType(question.type)) return fixed(noData);
        const { datacenter, node: Node } = asked;
        return andThen(this.#reader.read('Catalog.NodeServices', { Datacenter: datacenter, Node }), (read) => {
          const node = read.reply.NodeServices?.Node ?? null;
          return this.#chase(settings, question, depth, read, (resolving) => resolveNode(resolving, node, datacenter));
        });
      }
      case 'service':
        return andThen(this.#reader.read('Health.ServiceNodes', serviceArgs(asked)), (read) => {
          const nodes = healthy(read.reply.Nodes ?? [], settings.config.onlyPassing);
          return this.#service(settings, question, asker, depth, read, nodes, {
            datacenter: asked.datacenter,
            ttlSeconds: settings.serviceTtlSeconds(asked.service),
          });
        });
      case 'query':
        return this.#query(settings, question, asked, asker, depth);
    }
  }

  #query(
    settings: DnsSettings,
    question: Question,
    { datacenter, query }: Extract<Asked, { kind: 'query' }>,
    asker: Asker,
    depth: number,
  ): MaybePromise<Found> {
    const { address, edns } = asker;
    const subnet = edns?.subnet ?? null;
    const agent = { Datacenter: settings.datacenter, Segment: '', Node: settings.nodeName, Ip: '' };
    const args = {
      Datacenter: datacenter,
      QueryIDOrName: query,
      Agent: agent,
      Source: { Datacenter: '', Segment: '', Node: '', Ip: subnet === null ? address : subnetText(subnet) },
    };
    const executed = attempt(
      () =>
        andThen(this.#reader.read('PreparedQuery.Execute', args), (read) => {
          const place = queryPlace(settings, read.reply, datacenter);
          const nodes = read.reply.Nodes ?? [];
          if (nodes.length === 0) return found(noSuchName(settings), read.isCurrent);
          return this.#chase(settings, question, depth, read, (resolving) =>
            resolveService(resolving, nodes, place, asker.limitBytes),
          );
        }),
      (error) => {
        // The server's word for a query nobody made.
        if (messageOf(error).includes('Query not found')) return found(noSuchName(settings), null);
        throw error;
      },
    );
    return andThen(executed, ({ resolution, holds }) => ({
      // The server has sorted or shuffled them.
      resolution: { ...resolution, isShuffled: false, isForSubnet: true },
      holds,
    }));
  }

  #service(
    settings: DnsSettings,
    question: Question,
    { limitBytes }: Asker,
    depth: number,
    read: Read<unknown>,
    nodes: readonly CheckServiceNode[],
    place: { readonly datacenter: string; readonly ttlSeconds: number },
  ): MaybePromise<Found> {
    if (nodes.length === 0) return found(noSuchName(settings), read.isCurrent);
    if (nodes.length <= manyInstances) {
      return this.#chase(settings, question, depth, read, (resolving) => resolveService(resolving, nodes, place));
    }
    const renew = (resolving: Resolving): Resolution =>
      resolveService(resolving, inRandomOrder(nodes, this.#random), place, limitBytes);
    return andThen(this.#chase(settings, question, depth, read, renew), (first) =>
      first.holds === null ? first : { ...first, renew: () => renew({ settings, question, chased: none }) },
    );
  }

  #zone(settings: DnsSettings, question: Question): MaybePromise<Found> {
    const args = { Datacenter: settings.datacenter, ServiceName: 'consul' };
    return andThen(this.#reader.read('Health.ServiceNodes', args), (read) => {
      const servers = healthy(read.reply.Nodes ?? [], settings.config.onlyPassing);
      for (const { Node } of servers) {
        if (!/^[A-Za-z0-9-]+$/.test(Node!.Node)) {
          this.#logger.warn('Skipping invalid node for NS records', { node: Node!.Node });
        }
      }
      return found(resolveZone({ settings, question, chased: none }, servers), read.isCurrent);
    });
  }

  /** Resolves; where host names turn up, once more with what they lead to. */
  #chase(
    settings: DnsSettings,
    question: Question,
    depth: number,
    { isCurrent }: Read<unknown>,
    resolve: (resolving: Resolving) => Resolution,
  ): MaybePromise<Found> {
    const first = resolve({ settings, question, chased: none });
    if (first.wanted.length === 0) return found(first, isCurrent);
    const wanted = [...new Set(first.wanted)]
      .map((name) => ({ name, zone: zoneOf(name, settings.zones) }))
      .filter(({ zone }) => (zone === null ? settings.recursors.length > 0 : depth > 1))
      .slice(0, maxChased);
    if (wanted.length === 0) return found(first, isCurrent);
    const all = wanted.map(async ({ name, zone }) => [name, await this.#follow(settings, name, zone, depth)] as const);
    return Promise.all(all).then((chased) => found(resolve({ settings, question, chased: new Map(chased) }), null));
  }

  async #follow(
    settings: DnsSettings,
    name: WireName,
    zone: WireName | null,
    depth: number,
  ): Promise<readonly DnsRecord[]> {
    const question = { name, type: TYPE.A, class: classIn };
    if (zone !== null) {
      const { resolution } = await this.#ask(
        question,
        zone,
        { address: '', edns: null, limitBytes: maxMessageBytes },
        depth - 1,
      );
      return chosen(resolution, this.#random).flatMap(({ answer }) => answer);
    }
    const { recursors, config } = settings;
    const asked = { question, flags: FLAG.rd, edns: null };
    const message = await this.#upstreams.ask(recursors, config.recursorTimeoutMs, asked, 'udp');
    return message?.answer ?? [];
  }

  #guarded(settings: DnsSettings, run: () => MaybePromise<Found | null>): MaybePromise<Found | null> {
    return attempt(run, (error) => {
      this.#failed(settings, error);
      return null;
    });
  }

  #failed(settings: DnsSettings, error: unknown): Found {
    // Not the catalog's: a record that no message can hold.
    if (error instanceof MessageError) throw error;
    if (messageOf(error).includes('No path to datacenter')) return found(noSuchName(settings), null);
    this.#logger.error('rpc error', { error: messageOf(error) });
    return found(failure(RCODE.SERVFAIL), null);
  }

  #nodeAt(nodes: readonly Node[], address: string): string | undefined {
    if (this.#nodesBy?.nodes !== nodes) {
      const byAddress = new Map<string, string>();
      for (const { Address, Node } of nodes) if (!byAddress.has(Address)) byAddress.set(Address, Node);
      this.#nodesBy = { nodes, address: byAddress };
    }
    return this.#nodesBy!.address.get(address);
  }
}

const found = (resolution: Resolution, isCurrent: (() => boolean) | null): Found => ({
  resolution,
  holds: isCurrent === null ? null : [isCurrent],
});

/** What depends on the question and the settings alone. */
const fixed = (resolution: Resolution): Found => ({ resolution, holds: [] });

const foundPointer = (resolution: Resolution | null, isCurrent: (() => boolean) | null): Found | null =>
  resolution === null ? null : found(resolution, isCurrent);

function serviceArgs({ datacenter, service, tag, through }: Extract<Asked, { kind: 'service' }>) {
  const tags = tag === '' ? {} : { ServiceTags: [tag], TagFilter: true };
  const Connect = through === 'connect';
  const Ingress = through === 'ingress';
  return { Datacenter: datacenter, ServiceName: service, ...tags, Connect, Ingress };
}

/** A query may say its own TTL, and come from another datacenter. */
function queryPlace(settings: DnsSettings, reply: PreparedQueryExecuteResponse, datacenter: string) {
  const { TTL } = reply.DNS;
  return {
    datacenter: reply.Datacenter || datacenter,
    ttlSeconds: TTL === '' ? settings.serviceTtlSeconds(reply.Service) : seconds(parseDurationMs(TTL)),
  };
}

function subnetText({ family, address }: { readonly family: number; readonly address: Uint8Array }): string {
  const bytes = new Uint8Array(family === 2 ? 16 : 4);
  bytes.set(address.subarray(0, bytes.length));
  return formatIp([...bytes]);
}
