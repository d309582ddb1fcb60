/** Who talks to a service and whom it talks to: by registration of proxies, by gateways, by intentions. */
import type { CheckServiceNode } from '../../structs/catalog.ts';
import { dictOf } from '../../structs/dict.ts';
import type { Intention, IntentionDecisionSummary } from '../../structs/intention.ts';
import type { ServiceTopology } from '../../structs/ui.ts';
import { entriesOf, protocolOf } from './discovery-chain/entries.ts';
import { allGatewayServices, servicesOfGateway } from './gateway-services.ts';
import { withChecks } from './health.ts';
import { decidingIntention } from './intentions.ts';
import { fold, type ServiceRow } from './schema.ts';
import { maxIndex, type State } from './store.ts';
import type { WatchSet } from './watches.ts';

const tables = ['nodes', 'services', 'checks', 'config-entries'] as const;

export interface TopologyRead {
  readonly index: number;
  readonly topology: ServiceTopology;
}

/** How one service came to be a neighbour of another. */
type Source = 'proxy-registration' | 'specific-intention' | 'wildcard-intention' | 'default-allow';

export function serviceTopology(
  state: State,
  watch: WatchSet,
  service: string,
  kind: string,
  defaultAllow: boolean,
): TopologyRead {
  for (const table of tables) watch.topic(table);
  const world = new World(state, watch, defaultAllow);
  const upstreams = kind === 'ingress-gateway' ? world.behindGateway(service) : world.upstreamsOf(service);
  const downstreams = world.downstreamsOf(service);
  const topology: ServiceTopology = {
    Upstreams: world.instances(upstreams.keys()),
    Downstreams: world.instances(downstreams.keys()),
    UpstreamDecisions: dictOf([...upstreams.keys()].map((name) => [name, world.decision(service, name)])),
    DownstreamDecisions: dictOf([...downstreams.keys()].map((name) => [name, world.decision(name, service)])),
    MetricsProtocol: protocolOf(entriesOf(state, watch), service),
    TransparentProxy: world.isTransparentByConfig(service),
    UpstreamSources: dictOf(upstreams),
    DownstreamSources: dictOf(downstreams),
  };
  return { index: maxIndex(state, ...tables), topology };
}

/** Services that a service may talk to by intention alone. */
export function intentionUpstreams(state: State, watch: WatchSet, service: string, defaultAllow: boolean): string[] {
  for (const table of tables) watch.topic(table);
  return [...new World(state, watch, defaultAllow).allowedFrom(service).keys()];
}

class World {
  readonly #state: State;
  readonly #watch: WatchSet;
  readonly #defaultAllow: boolean;
  readonly #proxies: ServiceRow[];
  readonly #ordinary: string[];

  constructor(state: State, watch: WatchSet, defaultAllow: boolean) {
    this.#state = state;
    this.#watch = watch;
    this.#defaultAllow = defaultAllow;
    this.#proxies = state.tables.services.by('kind', 'connect-proxy');
    const names = state.tables.services.by('kind', '').map(({ Service }) => Service.Service);
    this.#ordinary = [...new Set(names)].filter((name) => name !== 'consul').sort();
  }

  upstreamsOf(service: string): Map<string, Source> {
    const found = new Map<string, Source>();
    for (const { Service } of this.#proxiesOf(service)) {
      for (const { DestinationType, DestinationName } of Service.Proxy.Upstreams ?? []) {
        if (DestinationType === '' || DestinationType === 'service') found.set(DestinationName, 'proxy-registration');
      }
    }
    if (this.#isTransparent(service)) addMissing(found, this.allowedFrom(service));
    return found;
  }

  behindGateway(gateway: string): Map<string, Source> {
    const services = servicesOfGateway(this.#state, this.#watch, gateway);
    return new Map(services.map(({ Service }) => [Service.Name, 'proxy-registration']));
  }

  downstreamsOf(service: string): Map<string, Source> {
    const found = new Map<string, Source>();
    for (const { Service } of this.#proxies) {
      const upstreams = Service.Proxy.Upstreams ?? [];
      if (upstreams.some((one) => one.DestinationName === service)) {
        found.set(Service.Proxy.DestinationServiceName, 'proxy-registration');
      }
    }
    for (const { Gateway, GatewayKind } of allGatewayServices(this.#state, this.#watch, service)) {
      if (GatewayKind === 'ingress-gateway') found.set(Gateway.Name, 'proxy-registration');
    }
    const others = this.#ordinary.filter((name) => name !== service && this.#isTransparent(name));
    addMissing(
      found,
      this.#allowed(others, (name) => [name, service]),
    );
    return found;
  }

  allowedFrom(service: string): Map<string, Source> {
    const others = this.#ordinary.filter((name) => name !== service);
    return this.#allowed(others, (name) => [service, name]);
  }

  #allowed(names: readonly string[], ends: (name: string) => readonly [string, string]): Map<string, Source> {
    const found = new Map<string, Source>();
    for (const name of names) {
      const intention = this.#deciding(...ends(name));
      if (intention === undefined ? !this.#defaultAllow : intention.Action !== 'allow' && !hasPermissions(intention)) {
        continue;
      }
      const isExact = intention !== undefined && isExactly(intention);
      found.set(
        name,
        intention === undefined ? 'default-allow' : isExact ? 'specific-intention' : 'wildcard-intention',
      );
    }
    return found;
  }

  decision(source: string, destination: string): IntentionDecisionSummary {
    const intention = this.#deciding(source, destination);
    return {
      Allowed: intention === undefined ? this.#defaultAllow : intention.Action === 'allow',
      HasPermissions: intention !== undefined && hasPermissions(intention),
      ExternalSource: intention?.Meta?.['external-source'] ?? '',
      HasExact: intention !== undefined && isExactly(intention),
      DefaultAllow: this.#defaultAllow,
    };
  }

  /** The instances of the services, and of their proxies. */
  instances(names: Iterable<string>): CheckServiceNode[] {
    const rows = [...names].flatMap((name) => [
      ...this.#state.tables.services.by('name', fold(name)),
      ...this.#proxiesOf(name),
    ]);
    return withChecks(this.#state, rows, null);
  }

  isTransparentByConfig(service: string): boolean {
    const entries = entriesOf(this.#state, this.#watch);
    return (entries.defaults(service)?.Mode || entries.proxyDefaults()?.Mode) === 'transparent';
  }

  #isTransparent(service: string): boolean {
    return this.#proxiesOf(service).some(({ Service }) => Service.Proxy.Mode === 'transparent');
  }

  #proxiesOf(service: string): ServiceRow[] {
    return this.#proxies.filter(({ Service }) => Service.Proxy.DestinationServiceName === service);
  }

  #deciding(source: string, destination: string): Intention | undefined {
    return decidingIntention(this.#state, this.#watch, source, destination);
  }
}

const hasPermissions = ({ Permissions }: Intention): boolean => (Permissions ?? []).length > 0;
const isExactly = ({ SourceName, DestinationName }: Intention): boolean =>
  SourceName !== '*' && DestinationName !== '*';

function addMissing(to: Map<string, Source>, from: ReadonlyMap<string, Source>): void {
  for (const [name, source] of from) if (!to.has(name)) to.set(name, source);
}
