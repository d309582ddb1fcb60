/** What reads see of health: checks by node, service and status, and services with their checks. */
import type { CheckServiceNode, HealthCheck } from '../../structs/catalog.ts';
import {
  atLeast,
  type InstanceFilter,
  instancesOf,
  type MetaFilter,
  matchesInstance,
  matchesMeta,
  serviceIndex,
} from './catalog.ts';
import { gatewaysOfService } from './gateway-services.ts';
import { getNode } from './nodes.ts';
import { fold, nodeKey, onNode, type ServiceRow, topics } from './schema.ts';
import type { ReadIndex, State } from './store.ts';
import { part } from './table.ts';
import type { WatchSet } from './watches.ts';

const checksIndex: readonly string[] = ['checks'];

export interface ChecksRead {
  readonly index: ReadIndex;
  readonly checks: HealthCheck[];
}

const found = (state: State, checks: HealthCheck[], filter: MetaFilter): ChecksRead => ({
  index: checksIndex,
  checks:
    filter === null ? checks : checks.filter((check) => matchesMeta(getNode(state, check.Node)?.Meta ?? null, filter)),
});

/** `any` means all. */
export function checksInState(state: State, watch: WatchSet, status: string, filter: MetaFilter): ChecksRead {
  const any = status === 'any';
  watch.topic(any ? 'checks' : topics.checkStatus(status));
  if (filter !== null) watch.topic('nodes');
  return found(state, any ? state.tables.checks.rows.values() : state.tables.checks.by('status', fold(status)), filter);
}

export function nodeChecks(state: State, watch: WatchSet, node: string): ChecksRead {
  watch.topic(topics.nodeChecks(node));
  return found(state, state.tables.checks.rows.values(nodeKey(node) + part), null);
}

export function serviceChecks(state: State, watch: WatchSet, service: string, filter: MetaFilter): ChecksRead {
  watch.topic(topics.serviceChecks(service));
  if (filter !== null) watch.topic('nodes');
  return found(state, state.tables.checks.by('service', fold(service)), filter);
}

/** Which instances of a service are meant: its own, those behind its name in the mesh, or those of its ingress gateways. */
export type Behind = 'service' | 'mesh' | 'ingress';

/** Instances of a service, each with its node, the node's checks and its own. */
export function serviceHealth(
  state: State,
  watch: WatchSet,
  service: string,
  behind: Behind,
  filter: InstanceFilter,
): { index: ReadIndex; instances: CheckServiceNode[] } {
  const { rows, index: gateways } =
    behind === 'ingress'
      ? gatewaysOfService(state, watch, service, 'ingress-gateway')
      : instancesOf(state, watch, service, behind === 'mesh');
  const instances = withChecks(state, rows, filter);
  if (behind === 'ingress' && gateways === 0) return { index: 0, instances };
  // Behind a mesh name stand services with other names: each counts.
  const names = behind === 'service' ? [service] : [...new Set(rows.map((row) => fold(row.Service.Service)))];
  if (behind !== 'service') for (const name of names) watch.topic(topics.service(name));
  const index =
    rows.length === 0
      ? serviceIndex(state, service, false, true)
      : names.flatMap((name) => serviceIndex(state, name, true, true));
  return { index: atLeast(state, index, gateways), instances };
}

/** The instances with node and checks, where they fit. */
export function withChecks(
  state: State,
  rows: readonly ServiceRow[],
  filter: InstanceFilter | null,
): CheckServiceNode[] {
  const instances: CheckServiceNode[] = [];
  for (const row of rows) {
    const node = getNode(state, row.Node);
    if (node === undefined || (filter !== null && !matchesInstance(filter, row.Service, node))) continue;
    instances.push({ Node: node, Service: row.Service, Checks: instanceChecks(state, row) });
  }
  return instances;
}

export const instanceChecks = (state: State, row: ServiceRow): HealthCheck[] => [
  ...state.tables.checks.by('instance', onNode(row.Node, '')),
  ...state.tables.checks.by('instance', onNode(row.Node, row.Service.ID)),
];
