/** The transaction command: operations over all tables, all of them or none. */

import { byteOrder } from '../../lib/btree/byte-order.ts';
import { goQuote } from '../../lib/go-format.ts';
import type { HealthCheck, Node, NodeService } from '../../structs/catalog.ts';
import type { DirEntry } from '../../structs/kv.ts';
import type { Session } from '../../structs/session.ts';
import type { TxnError, TxnOp, TxnResponse, TxnResult } from '../../structs/txn.ts';
import { casCheck, deleteCheck, deleteCheckCas, ensureCheck, getCheck } from './checks.ts';
import { casKey, deleteKey, deleteKeyCas, deleteTree, lockKey, setKey, toKvWrite, unlockKey } from './kv.ts';
import { type KvRow, toDirEntry, toHeader } from './kv-row.ts';
import { casNode, deleteNode, deleteNodeCas, ensureNode, getNode, getNodeById } from './nodes.ts';
import { casService, deleteService, deleteServiceCas, ensureService, getService } from './services.ts';
import { destroySession } from './session.ts';
import { CommandError, type Store, type Transaction } from './store.ts';

/** Thrown to undo everything; carries the answer. */
class Undo extends Error {
  readonly response: TxnResponse;
  constructor(response: TxnResponse) {
    super('transaction undone');
    this.response = response;
  }
}

/** All operations as one command: one fault undoes all. */
export const applyTransaction = (store: Store, index: number, ops: readonly TxnOp[]): TxnResponse =>
  run(store, index, ops, false);

/** Operations that only look. Whatever else is among them is undone. */
export const readTransaction = (store: Store, ops: readonly TxnOp[]): TxnResponse => run(store, 0, ops, true);

function run(store: Store, index: number, ops: readonly TxnOp[], undo: boolean): TxnResponse {
  try {
    return store.write(index, (tx) => {
      const response = applyAll(tx, ops);
      if (undo || response.Errors !== null) throw new Undo(response);
      return response;
    });
  } catch (error) {
    if (error instanceof Undo) return error.response;
    throw error;
  }
}

/** Every operation is tried, so that all faults are reported. */
function applyAll(tx: Transaction, ops: readonly TxnOp[]): TxnResponse {
  const errors: TxnError[] = [];
  const results: TxnResult[] = [];
  ops.forEach((op, OpIndex) => {
    try {
      for (const result of apply(tx, op)) results.push(result);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      errors.push({ OpIndex, What: error.message });
    }
  });
  return errors.length > 0 ? { Results: null, Errors: errors } : { Results: results, Errors: null };
}

function apply(tx: Transaction, op: TxnOp): readonly TxnResult[] {
  if (op.KV !== null) return applyKv(tx, op.KV.Verb, op.KV.DirEnt);
  if (op.Node !== null) return applyNode(tx, op.Node.Verb, op.Node.Node);
  if (op.Service !== null) return applyService(tx, op.Service.Verb, op.Service.Node, op.Service.Service);
  if (op.Check !== null) return applyCheck(tx, op.Check.Verb, op.Check.Check);
  if (op.Session !== null) return applySession(tx, op.Session.Verb, op.Session.Session);
  return nothing;
}

const nothing: readonly TxnResult[] = [];
const ofKv = (KV: DirEntry): TxnResult[] => [{ KV, Node: null, Service: null, Check: null }];
const ofNode = (node: Node): TxnResult[] => [{ KV: null, Node: node, Service: null, Check: null }];
const ofService = (service: NodeService): TxnResult[] => [{ KV: null, Node: null, Service: service, Check: null }];
const ofCheck = (check: HealthCheck): TxnResult[] => [{ KV: null, Node: null, Service: null, Check: check }];

function demand<T>(value: T | null | undefined | false, fault: string): T {
  if (value === null || value === undefined || value === false) throw new CommandError(fault);
  return value;
}

function applyKv(tx: Transaction, verb: string, entry: DirEntry): readonly TxnResult[] {
  const key = byteOrder(entry.Key);
  const name = goQuote(entry.Key);
  const written = (row: KvRow): TxnResult[] => ofKv(toHeader(row));
  const current = (): KvRow | undefined => tx.tables.kvs.get(key);
  switch (verb) {
    case 'set':
      return written(setKey(tx, toKvWrite(key, entry)));
    case 'cas':
      return written(demand(casKey(tx, toKvWrite(key, entry)), `failed to set key ${name}, index is stale`));
    case 'lock':
      return written(demand(lockKey(tx, toKvWrite(key, entry)), `failed to lock key ${name}, lock is already held`));
    case 'unlock': {
      const fault = `failed to unlock key ${name}, lock isn't held, or is held by another session`;
      return written(demand(unlockKey(tx, toKvWrite(key, entry)), fault));
    }
    case 'delete':
      deleteKey(tx, key);
      return nothing;
    case 'delete-cas':
      demand(deleteKeyCas(tx, key, entry.ModifyIndex), `failed to delete key ${name}, index is stale`);
      return nothing;
    case 'delete-tree':
      deleteTree(tx, key);
      return nothing;
    case 'get':
      return ofKv(toDirEntry(demand(current(), `key ${name} doesn't exist`)));
    case 'get-tree':
      return tx.tables.kvs.rows.values(key).flatMap((row) => ofKv(toDirEntry(row)));
    case 'check-session': {
      const row = demand(current(), `failed to check session, key ${name} doesn't exist`);
      const held = `current session ${goQuote(row.session)} != ${goQuote(entry.Session)}`;
      demand(row.session === entry.Session, `failed session check for key ${name}, ${held}`);
      return written(row);
    }
    case 'check-index': {
      const row = demand(current(), `failed to check index, key ${name} doesn't exist`);
      const seen = `current modify index ${row.modifyIndex} != ${entry.ModifyIndex}`;
      demand(row.modifyIndex === entry.ModifyIndex, `failed index check for key ${name}, ${seen}`);
      return written(row);
    }
    case 'check-not-exists':
      demand(current() === undefined, `key ${name} exists`);
      return nothing;
    default:
      throw new CommandError(`unknown KV verb ${goQuote(verb)}`);
  }
}

function applyNode(tx: Transaction, verb: string, node: Node): readonly TxnResult[] {
  const name = goQuote(node.Node);
  const current = (): Node | undefined => (node.ID === '' ? getNode(tx, node.Node) : getNodeById(tx, node.ID));
  switch (verb) {
    case 'get':
      return ofNode(demand(current(), `node ${name} doesn't exist`));
    case 'set':
      return ofNode(ensureNode(tx, node));
    case 'cas':
      demand(casNode(tx, node), `failed to set node ${name}, index is stale`);
      return ofNode(demand(current(), `node ${name} doesn't exist`));
    case 'delete':
      deleteNode(tx, node.Node);
      return nothing;
    case 'delete-cas':
      demand(deleteNodeCas(tx, node.Node, node.ModifyIndex), `failed to delete node ${name}, index is stale`);
      return nothing;
    default:
      throw new CommandError(`unknown Node verb ${goQuote(verb)}`);
  }
}

function applyService(tx: Transaction, verb: string, node: string, service: NodeService): readonly TxnResult[] {
  const name = `service ${goQuote(service.ID)} on node ${goQuote(node)}`;
  const current = (): TxnResult[] =>
    ofService(demand(getService(tx, node, service.ID), `${name} doesn't exist`).Service);
  switch (verb) {
    case 'get':
      return current();
    case 'set':
      return ofService(ensureService(tx, node, service));
    case 'cas':
      demand(casService(tx, node, service), `failed to set ${name}, index is stale`);
      return current();
    case 'delete':
      deleteService(tx, node, service.ID);
      return nothing;
    case 'delete-cas':
      demand(deleteServiceCas(tx, node, service.ID, service.ModifyIndex), `failed to delete ${name}, index is stale`);
      return nothing;
    default:
      throw new CommandError(`unknown Service verb ${goQuote(verb)}`);
  }
}

function applyCheck(tx: Transaction, verb: string, check: HealthCheck): readonly TxnResult[] {
  const name = `check ${goQuote(check.CheckID)} on node ${goQuote(check.Node)}`;
  const current = (): TxnResult[] => ofCheck(demand(getCheck(tx, check.Node, check.CheckID), `${name} doesn't exist`));
  switch (verb) {
    case 'get':
      return current();
    case 'set':
      return ofCheck(ensureCheck(tx, check));
    case 'cas':
      demand(casCheck(tx, check), `failed to set ${name}, index is stale`);
      return current();
    case 'delete':
      deleteCheck(tx, check.Node, check.CheckID);
      return nothing;
    case 'delete-cas':
      demand(
        deleteCheckCas(tx, check.Node, check.CheckID, check.ModifyIndex),
        `failed to delete ${name}, index is stale`,
      );
      return nothing;
    default:
      throw new CommandError(`unknown Check verb ${goQuote(verb)}`);
  }
}

function applySession(tx: Transaction, verb: string, session: Session): readonly TxnResult[] {
  if (verb !== 'delete') throw new CommandError(`unknown Session verb ${goQuote(verb)}`);
  destroySession(tx, session.ID);
  return nothing;
}
