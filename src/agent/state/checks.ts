/** Health checks of the catalog. A check of a node concerns all services on it. */
import type { HealthCheck } from '../../structs/catalog.ts';
import { sameRow } from './equal.ts';
import { bumpService, bumpServicesOfNode, getNode } from './nodes.ts';
import { onNode } from './schema.ts';
import { getService } from './services.ts';
import { destroySessionsOfCheck } from './session.ts';
import { CommandError, type State, type Transaction } from './store.ts';

export const getCheck = (state: State, node: string, id: string): HealthCheck | undefined =>
  state.tables.checks.get(onNode(node, id));

/** Registers or changes a check. One that is there as it is keeps its index; a critical one ends its sessions anyway. */
export function ensureCheck(tx: Transaction, request: HealthCheck): HealthCheck {
  if (request.CheckID === '') {
    throw new CommandError('failed health check lookup: index error: object is missing a value for this index');
  }
  const node = getNode(tx, request.Node);
  const old = getCheck(tx, request.Node, request.CheckID);
  if (node === undefined) throw new CommandError('Missing node registration');
  const check: HealthCheck = {
    ...request,
    Status: request.Status === '' ? 'critical' : request.Status,
    CreateIndex: old?.CreateIndex ?? tx.index,
    ModifyIndex: tx.index,
  };
  if (request.ServiceID !== '') {
    const row = getService(tx, request.Node, request.ServiceID);
    if (row === undefined) throw new CommandError('Missing service registration');
    check.ServiceName = row.Service.Service;
    check.ServiceTags = row.Service.Tags;
  }
  const changed = old === undefined || !sameRow(old, check);
  if (check.Status === 'critical') destroySessionsOfCheck(tx, check.Node, check.CheckID);
  if (!changed) return old;
  tx.put('checks', check);
  tx.bump('checks');
  concern(tx, check);
  return check;
}

/** False when the index is stale. */
export function casCheck(tx: Transaction, request: HealthCheck): boolean {
  if ((getCheck(tx, request.Node, request.CheckID)?.ModifyIndex ?? 0) !== request.ModifyIndex) return false;
  ensureCheck(tx, request);
  return true;
}

export function deleteCheck(tx: Transaction, node: string, id: string): void {
  const check = tx.remove('checks', onNode(node, id));
  if (check === undefined) return;
  tx.bump('checks');
  concern(tx, check);
  destroySessionsOfCheck(tx, node, id);
}

/** False when the index is stale. A check that is not there counts as deleted. */
export function deleteCheckCas(tx: Transaction, node: string, id: string, index: number): boolean {
  const check = getCheck(tx, node, id);
  if (check === undefined) return true;
  if (check.ModifyIndex !== index) return false;
  deleteCheck(tx, node, id);
  return true;
}

/** Health answers of the service, or of every service on the node, have changed. */
function concern(tx: Transaction, check: HealthCheck): void {
  if (check.ServiceID === '') {
    bumpServicesOfNode(tx, check.Node);
    return;
  }
  const row = getService(tx, check.Node, check.ServiceID);
  if (row !== undefined) bumpService(tx, row);
}
