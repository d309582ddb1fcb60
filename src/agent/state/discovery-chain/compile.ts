/**
 * Discovery chains: router, splitters and resolvers of a service as one graph, with every target that requests may end at
 * (the form of `/v1/discovery-chain`).
 */
import { goQuote } from '../../../lib/go-format.ts';
import { dictOf } from '../../../structs/dict.ts';
import {
  type CompiledDiscoveryChain,
  DiscoveryGraphNode,
  DiscoveryResolver,
  DiscoveryTarget,
  ServiceResolverConfigEntry,
  type ServiceResolverFailover,
  ServiceRoute,
  ServiceRouteDestination,
  ServiceRouteHTTPMatch,
  ServiceRouteMatch,
} from '../../../structs/discovery-chain.ts';
import { make } from '../../../structs/make.ts';
import { customizationHash } from './customization-hash.ts';
import { type ChainEntries, isHttpLike, protocolOf } from './entries.ts';

/** A chain that cannot be; the text is Consul's. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
}

export interface ChainRequest {
  readonly service: string;
  /** Where it is evaluated. */
  readonly datacenter: string;
  /** Where it is used: targets elsewhere are reached through mesh gateways. */
  readonly usedIn: string;
  /** `<cluster id>.consul` */
  readonly trustDomain: string;
  readonly overrides?: {
    readonly meshGatewayMode: string;
    readonly protocol: string;
    readonly connectTimeoutNs: number;
  };
  readonly entries: ChainEntries;
}

const namespace = 'default';
const defaultConnectTimeoutNs = 5e9;
const maxWeight = 100;

/** Throws ChainError. */
export const compileChain = (request: ChainRequest): CompiledDiscoveryChain => new Compiler(request).compile();

interface Place {
  readonly service: string;
  readonly subset: string;
  readonly datacenter: string;
}

const idOf = ({ service, subset, datacenter }: Place): string =>
  `${subset === '' ? '' : `${subset}.`}${service}.${namespace}.${datacenter}`;

/** Another service brings its own subsets. */
function moved(place: Place, service: string, subset: string, datacenter: string): Place {
  const changes = service !== '' && service !== place.service;
  return {
    service: changes ? service : place.service,
    subset: subset !== '' ? subset : changes ? '' : place.subset,
    datacenter: datacenter || place.datacenter,
  };
}

const keyOf = (node: DiscoveryGraphNode): string => `${node.Type}:${node.Name}`;

class Compiler {
  readonly #request: ChainRequest;
  readonly #entries: ChainEntries;
  readonly #overrides: NonNullable<ChainRequest['overrides']>;
  readonly #advanced: boolean;
  readonly #nodes = new Map<string, DiscoveryGraphNode>();
  readonly #resolvers = new Map<string, DiscoveryGraphNode>();
  readonly #targets = new Map<string, DiscoveryTarget>();
  readonly #splitting: string[] = [];
  #protocol = '';
  #usesAdvanced = false;
  readonly #customized = { meshGatewayMode: '', protocol: '', connectTimeoutNs: 0 };

  constructor(request: ChainRequest) {
    this.#request = request;
    this.#entries = request.entries;
    this.#overrides = request.overrides ?? { meshGatewayMode: '', protocol: '', connectTimeoutNs: 0 };
    const { protocol } = this.#overrides;
    this.#advanced = protocol === '' || isHttpLike(protocol);
  }

  compile(): CompiledDiscoveryChain {
    const { service, datacenter } = this.#request;
    const start = this.#router(service) ?? this.#splitterOrResolver(this.#place(service, ''));
    const own = this.#protocol;
    if (this.#usesAdvanced && !isHttpLike(own)) {
      throw new ChainError(
        `discovery chain ${goQuote(service)} uses a protocol ${goQuote(own)} that does not permit advanced routing or splitting behavior`,
      );
    }
    const { protocol } = this.#overrides;
    if (protocol !== '' && protocol !== own) this.#customized.protocol = protocol;
    this.#flatten();
    const nodes = this.#reachable(start);
    const { meshGatewayMode, connectTimeoutNs } = this.#customized;
    const isCustom = meshGatewayMode !== '' || this.#customized.protocol !== '' || connectTimeoutNs !== 0;
    return {
      ServiceName: service,
      Namespace: namespace,
      Datacenter: datacenter,
      CustomizationHash: isCustom ? customizationHash(this.#customized) : '',
      Protocol: protocol || own,
      StartNode: keyOf(start),
      Nodes: dictOf(nodes.map((node) => [keyOf(node), node])),
      Targets: dictOf(this.#usedTargets(nodes).map((target) => [target.ID, target])),
    };
  }

  #place(service: string, subset: string): Place {
    return { service, subset, datacenter: this.#request.datacenter };
  }

  #record(service: string): void {
    const protocol = protocolOf(this.#entries, service);
    if (this.#protocol === '') this.#protocol = protocol;
    if (this.#protocol === protocol) return;
    throw new ChainError(
      `discovery chain ${goQuote(this.#request.service)} uses inconsistent protocols; service ${goQuote(service)} has ${goQuote(protocol)} which is not ${goQuote(this.#protocol)}`,
    );
  }

  #router(service: string): DiscoveryGraphNode | null {
    const router = this.#advanced ? this.#entries.router(service) : undefined;
    if (router === undefined) return null;
    this.#usesAdvanced = true;
    this.#record(service);
    const routes = (router.Routes ?? []).map((Definition) => {
      const destination = Definition.Destination;
      const place = this.#place(destination?.Service || service, destination?.ServiceSubset ?? '');
      const next = place.subset === '' ? this.#splitterOrResolver(place) : this.#resolver(place);
      return { Definition, NextNode: keyOf(next) };
    });
    const rest = make(ServiceRoute, {
      Match: make(ServiceRouteMatch, { HTTP: make(ServiceRouteHTTPMatch, { PathPrefix: '/' }) }),
      Destination: make(ServiceRouteDestination, { Service: service, Namespace: namespace }),
    });
    const next = this.#splitterOrResolver(this.#place(service, ''));
    routes.push({ Definition: rest, NextNode: keyOf(next) });
    return this.#add(make(DiscoveryGraphNode, { Type: 'router', Name: `${service}.${namespace}`, Routes: routes }));
  }

  #splitterOrResolver(place: Place): DiscoveryGraphNode {
    return this.#splitter(place.service) ?? this.#resolver(place);
  }

  #splitter(service: string): DiscoveryGraphNode | null {
    const splitter = this.#advanced ? this.#entries.splitter(service) : undefined;
    if (splitter === undefined) return null;
    const node = make(DiscoveryGraphNode, { Type: 'splitter', Name: `${service}.${namespace}` });
    const known = this.#nodes.get(keyOf(node));
    if (this.#splitting.includes(service)) {
      const circle = [...this.#splitting, service].map((name) => `splitter:${name}.${namespace}`);
      throw new ChainError(`detected circular reference: [${circle.join(' -> ')}]`);
    }
    if (known !== undefined) return known;
    this.#usesAdvanced = true;
    this.#splitting.push(service);
    node.Splits = (splitter.Splits ?? []).map((split) => {
      const place = this.#place(split.Service || service, split.ServiceSubset);
      const further = place.subset === '' && place.service !== service ? this.#splitter(place.service) : null;
      return { Weight: split.Weight, NextNode: keyOf(further ?? this.#resolver(place)) };
    });
    this.#splitting.pop();
    return this.#add(node);
  }

  #add(node: DiscoveryGraphNode): DiscoveryGraphNode {
    this.#nodes.set(keyOf(node), node);
    return node;
  }

  /** Follows redirects and default subsets to where instances are. */
  #resolver(from: Place, forFailover = false): DiscoveryGraphNode {
    let place = from;
    const seen: string[] = [];
    for (;;) {
      const id = idOf(place);
      if (seen.includes(id)) {
        throw new ChainError(`detected circular resolver redirect: [${[...seen, id].join(' -> ')}]`);
      }
      seen.push(id);
      const known = this.#resolvers.get(id);
      if (known !== undefined) return forFailover ? known : this.#add(known);
      this.#record(place.service);
      const resolver = this.#entries.resolver(place.service);
      const redirect = resolver?.Redirect ?? null;
      if (redirect !== null) {
        const next = moved(place, redirect.Service, redirect.ServiceSubset, redirect.Datacenter);
        if (idOf(next) !== id) {
          place = next;
          continue;
        }
      }
      if (resolver !== undefined && place.subset === '' && resolver.DefaultSubset !== '') {
        place = { ...place, subset: resolver.DefaultSubset };
        continue;
      }
      if (place.subset !== '' && !Object.hasOwn(resolver?.Subsets ?? {}, place.subset)) {
        throw new ChainError(`service ${goQuote(place.service)} does not have a subset named ${goQuote(place.subset)}`);
      }
      return this.#resolved(place, resolver, forFailover);
    }
  }

  #resolved(place: Place, entry: ServiceResolverConfigEntry | undefined, forFailover: boolean): DiscoveryGraphNode {
    const resolver = entry ?? make(ServiceResolverConfigEntry, { Name: place.service });
    const target = this.#target(place, resolver);
    const node = make(DiscoveryGraphNode, {
      Type: 'resolver',
      Name: target.ID,
      Resolver: make(DiscoveryResolver, {
        Default: entry === undefined,
        ConnectTimeout: this.#connectTimeoutNs(resolver.ConnectTimeout),
        Target: target.ID,
      }),
      LoadBalancer: resolver.LoadBalancer,
    });
    if (forFailover) return node;
    this.#resolvers.set(target.ID, node);
    this.#add(node);
    const failover = resolver.Failover?.[place.subset] ?? resolver.Failover?.['*'];
    if (failover !== undefined) {
      const targets = this.#failoverTargets(place, failover);
      if (targets.length > 0) node.Resolver!.Failover = { Targets: targets };
    }
    return node;
  }

  #connectTimeoutNs(wantedNs: number): number {
    const own = wantedNs > 0 ? wantedNs : defaultConnectTimeoutNs;
    const { connectTimeoutNs } = this.#overrides;
    if (connectTimeoutNs <= 0 || connectTimeoutNs === own) return own;
    this.#customized.connectTimeoutNs = connectTimeoutNs;
    return connectTimeoutNs;
  }

  #failoverTargets(place: Place, { Service, ServiceSubset, Datacenters }: ServiceResolverFailover): string[] {
    const datacenters = Datacenters === null || Datacenters.length === 0 ? [''] : Datacenters;
    const targets: string[] = [];
    for (const datacenter of datacenters) {
      const next = moved(place, Service, ServiceSubset, datacenter);
      if (idOf(next) === idOf(place)) continue;
      targets.push(this.#resolver(next, true).Resolver!.Target);
    }
    return targets;
  }

  #target(place: Place, resolver: ServiceResolverConfigEntry): DiscoveryTarget {
    const ID = idOf(place);
    let target = this.#targets.get(ID);
    if (target === undefined) {
      const { service, subset, datacenter } = place;
      const sni = `${ID}.internal.${this.#request.trustDomain}`;
      const externalSni = this.#entries.defaults(service)?.ExternalSNI ?? '';
      target = make(DiscoveryTarget, {
        ID,
        Service: service,
        ServiceSubset: subset,
        Namespace: namespace,
        Datacenter: datacenter,
        MeshGateway: { Mode: this.#meshGatewayMode(place) },
        Subset: resolver.Subsets?.[subset] ?? { Filter: '', OnlyPassing: false },
        External: externalSni !== '',
        SNI: externalSni || sni,
        Name: sni,
      });
      this.#targets.set(ID, target);
    }
    return target;
  }

  /** Only what is elsewhere is reached through gateways. */
  #meshGatewayMode({ service, datacenter }: Place): string {
    if (datacenter === this.#request.usedIn) return '';
    const own = this.#entries.defaults(service)?.MeshGateway.Mode || this.#entries.proxyDefaults()?.MeshGateway.Mode;
    const { meshGatewayMode } = this.#overrides;
    if (meshGatewayMode === '' || meshGatewayMode === own) return own ?? '';
    this.#customized.meshGatewayMode = meshGatewayMode;
    return meshGatewayMode;
  }

  /** A splitter behind a splitter is one splitter with weights multiplied. Circles were refused before. */
  #flatten(): void {
    for (const node of this.#nodes.values()) {
      if (node.Type !== 'splitter') continue;
      while (node.Splits!.some(({ NextNode }) => NextNode.startsWith('splitter:'))) {
        node.Splits = node.Splits!.flatMap((split) => {
          if (!split.NextNode.startsWith('splitter:')) return [split];
          const inner = this.#nodes.get(split.NextNode)!.Splits!;
          return inner.map(({ Weight, NextNode }) => ({ Weight: scaled(split.Weight, Weight), NextNode }));
        });
      }
    }
  }

  #reachable(start: DiscoveryGraphNode): DiscoveryGraphNode[] {
    const reached = new Set<DiscoveryGraphNode>();
    const visit = (node: DiscoveryGraphNode): void => {
      if (reached.has(node)) return;
      reached.add(node);
      for (const { NextNode } of [...(node.Routes ?? []), ...(node.Splits ?? [])]) visit(this.#nodes.get(NextNode)!);
    };
    visit(start);
    return [...reached];
  }

  #usedTargets(nodes: readonly DiscoveryGraphNode[]): DiscoveryTarget[] {
    const ids = nodes.flatMap(({ Resolver }) =>
      Resolver === null ? [] : [Resolver.Target, ...(Resolver.Failover?.Targets ?? [])],
    );
    return [...new Set(ids)].sort().map((id) => this.#targets.get(id)!);
  }
}

const scaled = (outer: number, inner: number): number => Math.fround(Math.round(outer * inner) / maxWeight);
