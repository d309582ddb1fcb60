/** Services in the shape of the dashboards: one line a service, made from its instances. Pure. */
import type { CheckServiceNode, GatewayService, HealthCheck } from '../../structs/catalog.ts';
import { IntentionDecisionSummary } from '../../structs/intention.ts';
import { bool, type Infer, int64, omitEmpty, slice, str, struct } from '../../structs/schema.ts';

const GatewayConfig = struct('GatewayConfig', {
  AssociatedServiceCount: omitEmpty(int64),
  Addresses: omitEmpty(slice(str)),
});

export const ServiceSummary = struct('ServiceSummary', {
  Kind: omitEmpty(str),
  Name: str,
  Datacenter: str,
  Tags: slice(str),
  Nodes: slice(str),
  ExternalSources: slice(str),
  InstanceCount: int64,
  ChecksPassing: int64,
  ChecksWarning: int64,
  ChecksCritical: int64,
  GatewayConfig,
  TransparentProxy: bool,
});
export type ServiceSummary = Infer<typeof ServiceSummary>;

export const ListedService = struct('ListedService', {
  ...ServiceSummary.type.fields,
  ConnectedWithProxy: bool,
  ConnectedWithGateway: bool,
});

export const Neighbour = struct('Neighbour', {
  ...ServiceSummary.type.fields,
  Source: str,
  Intention: IntentionDecisionSummary,
});

export const Topology = struct('Topology', {
  Protocol: str,
  TransparentProxy: bool,
  Upstreams: slice(Neighbour),
  Downstreams: slice(Neighbour),
  FilteredByACLs: bool,
});

/** Counts while instances come by. */
class Counting {
  readonly name: string;
  kind = '';
  datacenter: string;
  instances = 0;
  transparent = false;
  readonly tags = new Set<string>();
  readonly nodes = new Set<string>();
  readonly sources = new Set<string>();
  /** By node and id: a node's check is one, however many instances it has. */
  readonly checks = new Map<string, string>();
  readonly addresses: string[] = [];

  constructor(name: string, datacenter: string) {
    this.name = name;
    this.datacenter = datacenter;
  }

  see(checks: readonly HealthCheck[] | null): void {
    for (const { Node, CheckID, Status } of checks ?? []) this.checks.set(`${Node}\0${CheckID}`, Status);
  }

  summary(associated: number): ServiceSummary {
    const statuses = [...this.checks.values()];
    const count = (status: string): number => statuses.filter((one) => one === status).length;
    return {
      Kind: this.kind,
      Name: this.name,
      Datacenter: this.datacenter,
      Tags: listed(this.tags),
      Nodes: listed(this.nodes),
      ExternalSources: listed(this.sources),
      InstanceCount: this.instances,
      ChecksPassing: count('passing'),
      ChecksWarning: count('warning'),
      ChecksCritical: count('critical'),
      GatewayConfig: {
        AssociatedServiceCount: associated,
        Addresses: this.addresses.length === 0 ? null : [...this.addresses].sort(),
      },
      TransparentProxy: this.transparent,
    };
  }
}

const listed = (set: ReadonlySet<string>): string[] | null => (set.size === 0 ? null : [...set].sort());

export interface Summarized {
  readonly services: readonly ServiceSummary[];
  /** Services that have a proxy. */
  readonly proxied: ReadonlySet<string>;
}

/** `addressesOf`: under which addresses gateways offer an instance. */
export function summarize(
  dump: readonly (CheckServiceNode & { readonly GatewayService?: GatewayService | null })[],
  gateways: readonly GatewayService[],
  datacenter: string,
  addressesOf: (gateway: GatewayService) => readonly string[] = () => [],
): Summarized {
  const counts = new Map<string, Counting>();
  const proxied = new Set<string>();
  const of = (name: string): Counting => {
    let counting = counts.get(name);
    if (counting === undefined) {
      counting = new Counting(name, datacenter);
      counts.set(name, counting);
    }
    return counting;
  };
  const proxies: CheckServiceNode[] = [];
  for (const instance of dump) {
    const { Node, Service, Checks, GatewayService: gateway } = instance;
    if (gateway != null) {
      const counting = of(gateway.Service.Name);
      for (const address of addressesOf(gateway)) {
        if (!counting.addresses.includes(address)) counting.addresses.push(address);
      }
    }
    if (Node === null || Service === null) continue;
    const counting = of(Service.Service);
    counting.kind = Service.Kind;
    counting.instances++;
    counting.nodes.add(Node.Node);
    for (const tag of Service.Tags ?? []) counting.tags.add(tag);
    const source = Service.Meta?.['external-source'] ?? '';
    if (source !== '') counting.sources.add(source);
    counting.see(Checks);
    if (Service.Kind === 'connect-proxy') proxies.push(instance);
    else if (Service.Connect.Native) proxied.add(Service.Service);
  }
  for (const { Service, Checks } of proxies) {
    const { DestinationServiceName, Mode } = Service!.Proxy;
    proxied.add(DestinationServiceName);
    const destination = counts.get(DestinationServiceName);
    if (destination === undefined) continue;
    destination.see(Checks);
    if (Mode === 'transparent') destination.transparent = true;
  }
  const associated = (name: string): number => gateways.filter(({ Gateway }) => Gateway.Name === name).length;
  const services = [...counts.values()].map((one) => one.summary(associated(one.name)));
  services.sort((a, b) => (a.Name < b.Name ? -1 : a.Name > b.Name ? 1 : 0));
  return { services, proxied };
}
