/** What reads see of the catalog: nodes, services, and the instances of one service. */
import type { Node, NodeService, ServiceNode } from '../../structs/catalog.ts';
import { type GatewayRows, gatewaysOfService } from './gateway-services.ts';
import { getNode } from './nodes.ts';
import { fold, indexKeys, nodeKey, topics } from './schema.ts';
import { maxIndex, type ReadIndex, resolveIndex, type State } from './store.ts';
import { part } from './table.ts';
import type { WatchSet } from './watches.ts';

const nodeServicesIndex: readonly string[] = ['nodes', 'services'];

export type MetaFilter = Readonly<Record<string, string>> | null;

/** Every pair must be there. */
export function matchesMeta(meta: Readonly<Record<string, string>> | null, filter: MetaFilter): boolean {
  if (filter === null) return true;
  return Object.entries(filter).every(
    ([key, value]) => meta !== null && meta[key] === value && Object.hasOwn(meta, key),
  );
}

const hasFilter = (filter: MetaFilter): boolean => filter !== null && Object.keys(filter).length > 0;

export function listNodes(state: State, watch: WatchSet, filter: MetaFilter): { index: number; nodes: Node[] } {
  watch.topic('nodes');
  const nodes = state.tables.nodes.rows.values();
  return {
    index: maxIndex(state, 'nodes'),
    nodes: hasFilter(filter) ? nodes.filter((node) => matchesMeta(node.Meta, filter)) : nodes,
  };
}

/** Service names with all tags of their instances. */
export function listServices(
  state: State,
  watch: WatchSet,
  filter: MetaFilter,
): { index: number; services: Record<string, string[]> } {
  watch.topic('services');
  const filtered = hasFilter(filter);
  if (filtered) watch.topic('nodes');
  const tags = new Map<string, Set<string>>();
  state.tables.services.rows.scan('', ({ Node: name, Service: { Service, Tags } }) => {
    if (filtered && !matchesMeta(getNode(state, name)?.Meta ?? null, filter)) return;
    let all = tags.get(Service);
    if (all === undefined) {
      all = new Set();
      tags.set(Service, all);
    }
    for (const tag of Tags ?? []) all.add(tag);
  });
  return {
    index: filtered ? maxIndex(state, 'services', 'nodes') : maxIndex(state, 'services'),
    services: Object.fromEntries([...tags].map(([name, all]) => [name, [...all]])),
  };
}

/** Distinct service names, for those who need no tags. */
export function listServiceNames(state: State, watch: WatchSet): { index: number; names: string[] } {
  watch.topic('services');
  const names = new Map<string, string>();
  state.tables.services.rows.scan('', ({ Service }) => {
    names.set(fold(Service.Service), Service.Service);
  });
  return { index: maxIndex(state, 'services'), names: [...names.values()].sort() };
}

export interface InstanceFilter {
  readonly nodeMeta: MetaFilter;
  /** All of them, in any letter case. */
  readonly tags: readonly string[];
  /** '' = any. */
  readonly address: string;
}

export const matchesInstance = (filter: InstanceFilter, service: NodeService, node: Node): boolean =>
  (filter.tags.length === 0 || hasTags(service.Tags, filter.tags)) &&
  (filter.address === '' || filter.address === (service.Address === '' ? node.Address : service.Address)) &&
  matchesMeta(node.Meta, filter.nodeMeta);

function hasTags(tags: readonly string[] | null, wanted: readonly string[]): boolean {
  const folded = (tags ?? []).map(fold);
  return wanted.every((tag) => folded.includes(fold(tag)));
}

/** Instances of a service; with `mesh`, what makes it reachable in the mesh: its proxies, native instances and gateways. */
export function instancesOf(state: State, watch: WatchSet, service: string, mesh: boolean): GatewayRows {
  if (!mesh) {
    watch.topic(topics.service(service));
    return { rows: state.tables.services.by('name', fold(service)), index: 0 };
  }
  watch.topic(topics.mesh(service));
  const rows = state.tables.services.by('mesh', fold(service));
  const gateways = gatewaysOfService(state, watch, service, 'terminating-gateway');
  return { rows: [...rows, ...gateways.rows], index: gateways.index };
}

/** An index that is not below that of the gateways involved (0 = none are). */
export const atLeast = (state: State, index: ReadIndex, gateways: number): ReadIndex =>
  gateways === 0 ? index : Math.max(gateways, resolveIndex(state, index));

/**
 * The index of a service: its own while it has instances; afterwards that of the last service that went away; failing
 * both, of the tables.
 */
export function serviceIndex(state: State, service: string, exists: boolean, withChecks: boolean): readonly string[] {
  const own = indexKeys.service(service);
  for (const key of exists ? [own] : [indexKeys.extinction, own]) if (state.indexes.has(key)) return [key];
  return withChecks ? ['nodes', 'services', 'checks'] : nodeServicesIndex;
}

export function listInstances(
  state: State,
  watch: WatchSet,
  service: string,
  mesh: boolean,
  filter: InstanceFilter,
): { index: ReadIndex; instances: ServiceNode[] } {
  const { rows, index } = instancesOf(state, watch, service, mesh);
  if (mesh) watch.topic(topics.service(service));
  const instances: ServiceNode[] = [];
  for (const row of rows) {
    const node = getNode(state, row.Node);
    if (node !== undefined && matchesInstance(filter, row.Service, node))
      instances.push(toServiceNode(node, row.Service));
  }
  return { index: atLeast(state, serviceIndex(state, service, rows.length > 0, false), index), instances };
}

/** The instances of whatever service that have this address of their own. */
export function listInstancesAt(
  state: State,
  watch: WatchSet,
  address: string,
): { index: number; instances: ServiceNode[] } {
  watch.topic('services');
  watch.topic('nodes');
  const instances: ServiceNode[] = [];
  state.tables.services.rows.scan('', ({ Node: name, Service }) => {
    const node = Service.Address === address ? getNode(state, name) : undefined;
    if (node !== undefined) instances.push(toServiceNode(node, Service));
  });
  return { index: maxIndex(state, 'services', 'nodes'), instances };
}

const toServiceNode = (node: Node, service: NodeService): ServiceNode => ({
  ID: node.ID,
  Node: node.Node,
  Address: node.Address,
  Datacenter: node.Datacenter,
  TaggedAddresses: node.TaggedAddresses,
  NodeMeta: node.Meta,
  ServiceKind: service.Kind,
  ServiceID: service.ID,
  ServiceName: service.Service,
  ServiceTags: service.Tags,
  ServiceAddress: service.Address,
  ServiceTaggedAddresses: service.TaggedAddresses,
  ServiceWeights: service.Weights ?? { Passing: 1, Warning: 1 },
  ServiceMeta: service.Meta,
  ServicePort: service.Port,
  ServiceSocketPath: service.SocketPath,
  ServiceEnableTagOverride: service.EnableTagOverride,
  ServiceProxy: service.Proxy,
  ServiceConnect: service.Connect,
  CreateIndex: service.CreateIndex,
  ModifyIndex: service.ModifyIndex,
});

/** A node by name, else by an unambiguous beginning of its ID (two characters at least). */
export function findNode(state: State, watch: WatchSet, nameOrId: string): Node | undefined {
  watch.topic(topics.node(nameOrId));
  const named = getNode(state, nameOrId);
  if (named !== undefined) return named;
  watch.topic('nodes');
  if (nameOrId.length < 2) return undefined;
  const found = state.tables.nodes.byPrefix('id', fold(nameOrId));
  const only = found.length === 1 ? found[0] : undefined;
  if (only !== undefined) watch.topic(topics.node(only.Node));
  return only;
}

/** A node with its services; index 0 and no node when there is none. */
export function nodeServices(
  state: State,
  watch: WatchSet,
  nameOrId: string,
): { index: ReadIndex; node: Node | null; services: NodeService[] } {
  const node = findNode(state, watch, nameOrId);
  if (node === undefined) return { index: 0, node: null, services: [] };
  const rows = state.tables.services.rows.values(nodeKey(node.Node) + part);
  return { index: nodeServicesIndex, node, services: rows.map((row) => row.Service) };
}
