/** Service instances of the catalog. */
import type { NodeService } from '../../structs/catalog.ts';
import { serviceMetaFault } from '../../structs/service-faults.ts';
import { deleteCheck } from './checks.ts';
import { sameRow } from './equal.ts';
import { bumpService, getNode } from './nodes.ts';
import { fold, indexKeys, onNode, type ServiceRow } from './schema.ts';
import { CommandError, type State, type Transaction } from './store.ts';

export const getService = (state: State, node: string, id: string): ServiceRow | undefined =>
  state.tables.services.get(onNode(node, id));

/** Registers or changes an instance. One that is there as it is keeps its index. */
export function ensureService(tx: Transaction, nodeName: string, request: NodeService): NodeService {
  const old = getService(tx, nodeName, request.ID);
  const fault = serviceMetaFault(request);
  if (fault !== null) {
    throw new CommandError(`Invalid Service Meta for node ${nodeName} and serviceID ${request.ID}: ${fault}`);
  }
  const node = getNode(tx, nodeName);
  if (node === undefined) throw new CommandError('Missing node registration');
  const service: NodeService = {
    ...request,
    Weights: weightsOf(request),
    CreateIndex: old?.Service.CreateIndex ?? tx.index,
    ModifyIndex: tx.index,
  };
  if (old !== undefined && sameRow(old.Service, service)) return old.Service;
  const row: ServiceRow = { Node: node.Node, Service: service };
  tx.put('services', row);
  tx.bump('services');
  bumpService(tx, row);
  if (old !== undefined && fold(old.Service.Service) !== fold(service.Service)) leaveService(tx, old);
  return service;
}

/** Unset weights (both 0 says as much) and negative ones count as 1. */
function weightsOf({ Weights }: NodeService): { Passing: number; Warning: number } {
  if (Weights === null || (Weights.Passing === 0 && Weights.Warning === 0)) return { Passing: 1, Warning: 1 };
  return { Passing: Weights.Passing >= 0 ? Weights.Passing : 1, Warning: Weights.Warning >= 0 ? Weights.Warning : 1 };
}

/** False when the index is stale. */
export function casService(tx: Transaction, node: string, request: NodeService): boolean {
  if ((getService(tx, node, request.ID)?.Service.ModifyIndex ?? 0) !== request.ModifyIndex) return false;
  ensureService(tx, node, request);
  return true;
}

/** Takes an instance away, with its checks and the sessions that hang on them. */
export function deleteService(tx: Transaction, node: string, id: string): void {
  const row = getService(tx, node, id);
  if (row === undefined) return;
  for (const check of tx.tables.checks.by('instance', onNode(node, id))) deleteCheck(tx, node, check.CheckID);
  tx.bump('checks');
  tx.remove('services', onNode(node, id));
  tx.bump('services');
  tx.bump(indexKeys.serviceKind(row.Service.Kind));
  leaveService(tx, row);
}

/** An instance of a service is gone. After the last one its own index goes, and one for all gone services moves on. */
function leaveService(tx: Transaction, { Service }: ServiceRow): void {
  if (tx.tables.services.first('name', fold(Service.Service)) !== undefined) {
    tx.bump(indexKeys.service(Service.Service));
    return;
  }
  tx.dropIndex(indexKeys.service(Service.Service));
  tx.bump(indexKeys.extinction);
}

/** False when the index is stale. An instance that is not there counts as deleted. */
export function deleteServiceCas(tx: Transaction, node: string, id: string, index: number): boolean {
  const row = getService(tx, node, id);
  if (row === undefined) return true;
  if (row.Service.ModifyIndex !== index) return false;
  deleteService(tx, node, id);
  return true;
}
