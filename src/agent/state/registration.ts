/** The register and deregister commands: a node with what runs on it, in one piece. */
import { goQuote } from '../../lib/go-format.ts';
import type { DeregisterRequest, HealthCheck, Node, RegisterRequest } from '../../structs/catalog.ts';
import { deleteCheck, ensureCheck } from './checks.ts';
import { equal } from './equal.ts';
import { deleteNode, ensureNode, getNode } from './nodes.ts';
import { fold } from './schema.ts';
import { deleteService, ensureService } from './services.ts';
import { CommandError, type Transaction } from './store.ts';

export function register(tx: Transaction, request: RegisterRequest): void {
  const old = getNode(tx, request.Node);
  if (old === undefined || changesNode(request, old)) ensureNode(tx, nodeOf(request));
  if (request.Service !== null) {
    prefixed('failed inserting service: ', '', () => ensureService(tx, request.Node, request.Service!));
  }
  if (request.Check !== null) registerCheck(tx, request.Node, request.Check);
  for (const check of request.Checks ?? []) registerCheck(tx, request.Node, check);
}

export const nodeOf = (request: RegisterRequest): Node => ({
  ID: request.ID,
  Node: request.Node,
  Address: request.Address,
  Datacenter: request.Datacenter,
  TaggedAddresses: request.TaggedAddresses,
  Meta: request.NodeMeta,
  CreateIndex: request.CreateIndex,
  ModifyIndex: request.ModifyIndex,
});

function changesNode(request: RegisterRequest, node: Node): boolean {
  if (request.SkipNodeUpdate) return false;
  return (
    request.ID !== node.ID ||
    request.Node !== node.Node ||
    request.Address !== node.Address ||
    request.Datacenter !== node.Datacenter ||
    !equal(request.TaggedAddresses, node.TaggedAddresses) ||
    !equal(request.NodeMeta, node.Meta)
  );
}

function registerCheck(tx: Transaction, node: string, check: HealthCheck): void {
  if (fold(check.Node) !== fold(node)) {
    throw new CommandError(`check node ${goQuote(check.Node)} does not match node ${goQuote(node)}`);
  }
  prefixed('failed inserting check: ', ` on node ${goQuote(check.Node)}`, () => ensureCheck(tx, check));
}

function prefixed(before: string, after: string, insert: () => unknown): void {
  try {
    insert();
  } catch (error) {
    throw error instanceof CommandError ? new CommandError(before + error.message + after) : error;
  }
}

/** The most specific thing named goes: a service, else a check, else the whole node. */
export function deregister(tx: Transaction, request: DeregisterRequest): void {
  if (request.ServiceID !== '') deleteService(tx, request.Node, request.ServiceID);
  else if (request.CheckID !== '') deleteCheck(tx, request.Node, request.CheckID);
  else deleteNode(tx, request.Node);
}
