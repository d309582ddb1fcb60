/** Nodes of the catalog: who may take which name and ID, and what goes with a node that leaves. */
import { goQuote } from '../../lib/go-format.ts';
import type { Node } from '../../structs/catalog.ts';
import { deleteCheck } from './checks.ts';
import { sameRow } from './equal.ts';
import { fold, indexKeys, nodeKey, onNode, type ServiceRow, topics } from './schema.ts';
import { deleteService } from './services.ts';
import { destroySessionsOfNode } from './session.ts';
import { CommandError, type State, type Transaction } from './store.ts';
import { part } from './table.ts';

export const getNode = (state: State, name: string): Node | undefined => state.tables.nodes.get(nodeKey(name));

export const getNodeById = (state: State, id: string): Node | undefined => state.tables.nodes.first('id', fold(id));

/** Registers or changes a node. One that is there as it is keeps its index. */
export function ensureNode(tx: Transaction, request: Node): Node {
  let old: Node | undefined;
  if (request.ID !== '') {
    old = getNodeById(tx, request.ID);
    if (old === undefined) {
      const clash = nameClash(tx, request, true);
      if (clash !== null) throw new CommandError(`Error while renaming Node ID: ${goQuote(request.ID)}: ${clash}`);
    } else if (old.Node !== request.Node) {
      const clash = nameClash(tx, request, false);
      if (clash !== null) {
        throw new CommandError(`Error while renaming Node ID: ${goQuote(request.ID)} (${request.Address}): ${clash}`);
      }
      // The ID has a new name: what was registered under the old one goes.
      deleteNode(tx, old.Node);
    }
  }
  old ??= getNode(tx, request.Node);
  if (old !== undefined && sameRow(old, request)) return old;
  const node: Node = { ...request, CreateIndex: old?.CreateIndex ?? tx.index, ModifyIndex: tx.index };
  putNode(tx, node);
  return node;
}

function putNode(tx: Transaction, node: Node): void {
  tx.put('nodes', node);
  tx.bump('nodes');
  // Health answers contain the node: they have changed too.
  bumpServicesOfNode(tx, node.Node);
}

/** False when the index is stale. */
export function casNode(tx: Transaction, request: Node): boolean {
  if ((getNode(tx, request.Node)?.ModifyIndex ?? 0) !== request.ModifyIndex) return false;
  ensureNode(tx, request);
  return true;
}

export function deleteNode(tx: Transaction, name: string): void {
  const node = getNode(tx, name);
  if (node === undefined) return;
  const below = nodeKey(name) + part;
  for (const row of tx.tables.services.rows.values(below)) deleteService(tx, name, row.Service.ID);
  for (const check of tx.tables.checks.rows.values(below)) deleteCheck(tx, name, check.CheckID);
  const coordinates = tx.tables.coordinates.rows.keys(below);
  for (const key of coordinates) tx.remove('coordinates', key);
  if (coordinates.length > 0) tx.bump('coordinates');
  tx.remove('nodes', nodeKey(name));
  tx.bump('nodes');
  destroySessionsOfNode(tx, name);
}

/** False when the index is stale. A node that is not there counts as deleted. */
export function deleteNodeCas(tx: Transaction, name: string, index: number): boolean {
  const node = getNode(tx, name);
  if (node === undefined) return true;
  if (node.ModifyIndex !== index) return false;
  deleteNode(tx, name);
  return true;
}

/** Everything that health answers about the services on a node contain has changed. */
export function bumpServicesOfNode(tx: Transaction, node: string): void {
  for (const row of tx.tables.services.rows.values(nodeKey(node) + part)) bumpService(tx, row);
}

/** Something that health answers about an instance's service contain has changed. */
export function bumpService(tx: Transaction, { Service }: ServiceRow): void {
  tx.bump(indexKeys.service(Service.Service));
  tx.bump(indexKeys.serviceKind(Service.Kind));
  tx.watches.touch(topics.service(Service.Service));
}

/**
 * Why a node may not have its name: another one has it and is alive. Nodes nobody watches (no `serfHealth` check) give way,
 * and so do those without an ID where `toId` says so.
 */
function nameClash(state: State, node: Node, toId: boolean): string | null {
  const other = getNode(state, node.Node);
  if (other === undefined || other.ID === node.ID || (other.ID === '' && toId)) return null;
  const health = state.tables.checks.get(onNode(other.Node, 'serfHealth'));
  if (health === undefined || health.Status === 'critical') return null;
  return `Node name ${node.Node} is reserved by node ${other.ID} with name ${other.Node} (${other.Address})`;
}
