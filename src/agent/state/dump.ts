/** Everything about nodes or services at once, as the web UI wants it. */
import type { CheckServiceNode } from '../../structs/catalog.ts';
import type { NodeInfo } from '../../structs/ui.ts';
import { instanceChecks } from './health.ts';
import { getNode } from './nodes.ts';
import { nodeKey } from './schema.ts';
import { maxIndex, type State } from './store.ts';
import { part } from './table.ts';
import type { WatchSet } from './watches.ts';

const index = (state: State): number => maxIndex(state, 'nodes', 'services', 'checks');

function watchAll(watch: WatchSet): void {
  for (const table of ['nodes', 'services', 'checks']) watch.topic(table);
}

/** All nodes, or the one of a name. */
export function dumpNodes(state: State, watch: WatchSet, name: string | null): { index: number; dump: NodeInfo[] } {
  watchAll(watch);
  const one = name === null ? null : getNode(state, name);
  const nodes = one === null ? state.tables.nodes.rows.values() : one === undefined ? [] : [one];
  const dump = nodes.map((node): NodeInfo => {
    const below = nodeKey(node.Node) + part;
    const services = state.tables.services.rows.values(below).map((row) => row.Service);
    const checks = state.tables.checks.rows.values(below);
    return {
      ID: node.ID,
      Node: node.Node,
      Address: node.Address,
      TaggedAddresses: node.TaggedAddresses,
      Meta: node.Meta,
      Services: services.length === 0 ? null : services,
      Checks: checks.length === 0 ? null : checks,
    };
  });
  return { index: index(state), dump };
}

/** All instances, or those of a kind ('' = ordinary services). */
export function dumpServices(
  state: State,
  watch: WatchSet,
  kind: string | null,
): { index: number; instances: CheckServiceNode[] } {
  watchAll(watch);
  const rows = kind === null ? state.tables.services.rows.values() : state.tables.services.by('kind', kind);
  const instances = rows.flatMap((row): CheckServiceNode[] => {
    const Node = getNode(state, row.Node);
    return Node === undefined ? [] : [{ Node, Service: row.Service, Checks: instanceChecks(state, row) }];
  });
  return { index: index(state), instances };
}
