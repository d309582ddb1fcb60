/** Rights of the key/value store, sessions and transactions. */
import type { TxnError, TxnOp, TxnResult } from '../../../structs/txn.ts';
import type { Authorizer } from '../../acl/authorizer.ts';
import { errors } from '../../errors.ts';
import { fold, onNode } from '../../state/schema.ts';
import type { State } from '../../state/store.ts';
import type { Permit, Rights } from './permit.ts';

/** What an operation on keys needs; reads of transactions are filtered instead. */
function keyAccess(op: string): 'read' | 'write' | 'write-prefix' | null {
  switch (op) {
    case 'get':
    case 'get-tree':
    case 'get-or-empty':
      return null;
    case 'check-session':
    case 'check-index':
    case 'check-not-exists':
      return 'read';
    case 'delete-tree':
      return 'write-prefix';
    default:
      return 'write';
  }
}

const sessionNode = ({ tables }: State, id: string): string | undefined => tables.sessions.get(fold(id))?.Node;

/** Whether an operation of a transaction may be tried. */
function mayTry(permit: Permit, op: TxnOp): boolean {
  if (op.KV !== null) {
    const access = keyAccess(op.KV.Verb);
    return access === null || permit.admits('key', access, op.KV.DirEnt.Key);
  }
  if (op.Node !== null) return op.Node.Verb === 'get' || permit.admits('node', 'write', op.Node.Node.Node);
  if (op.Service !== null) {
    const { Verb, Node, Service } = op.Service;
    if (Verb === 'get') return true;
    const existing = permit.state.tables.services.get(onNode(Node, Service.ID))?.Service.Service;
    // Whoever takes an instance over needs the right to what it was.
    return (
      [Service.Service, existing].every(
        (name) => name === undefined || name === '' || permit.admits('service', 'write', name),
      ) &&
      (existing !== undefined || Service.Service !== '' || permit.admits('node', 'write', Node))
    );
  }
  if (op.Check !== null) {
    const { Verb, Check } = op.Check;
    if (Verb === 'get') return true;
    const stored = permit.state.tables.checks.get(onNode(Check.Node, Check.CheckID));
    const ofService =
      Check.ServiceID === '' ? stored?.ServiceName : serviceOf(permit.state, Check.Node, Check.ServiceID);
    return ofService === undefined || ofService === ''
      ? permit.admits('node', 'write', Check.Node)
      : permit.admits('service', 'write', ofService);
  }
  if (op.Session !== null) {
    const node = sessionNode(permit.state, op.Session.Session.ID) ?? op.Session.Session.Node;
    return permit.admits('session', 'write', node);
  }
  return permit.admits('intention', 'write', op.Intention?.Intention?.DestinationName ?? '*');
}

export const serviceOf = ({ tables }: State, node: string, id: string): string | undefined =>
  tables.services.get(onNode(node, id))?.Service.Service;

const refusals = (permit: Permit, ops: readonly TxnOp[] | null | undefined): TxnError[] =>
  (ops ?? []).flatMap((op, OpIndex) =>
    mayTry(permit, op) ? [] : [{ OpIndex, What: errors.permissionDenied().message }],
  );

function isVisible(authorizer: Authorizer, { KV, Node, Service, Check }: TxnResult): boolean {
  if (KV !== null) return authorizer.allows('key', 'read', KV.Key);
  if (Node !== null) return authorizer.allows('node', 'read', Node.Node);
  if (Service !== null) return authorizer.allows('service', 'read', Service.Service);
  if (Check === null) return true;
  return Check.ServiceName === ''
    ? authorizer.allows('node', 'read', Check.Node)
    : authorizer.allows('service', 'read', Check.ServiceName);
}

const visible = (authorizer: Authorizer, results: TxnResult[] | null): TxnResult[] | null =>
  results === null ? null : results.filter((result) => isVisible(authorizer, result));

export const kvRights: Rights<
  | 'KVS.Apply'
  | 'KVS.Get'
  | 'KVS.List'
  | 'KVS.ListKeys'
  | 'Session.Apply'
  | 'Session.Get'
  | 'Session.List'
  | 'Session.NodeSessions'
  | 'Session.Renew'
  | 'Txn.Apply'
  | 'Txn.Read'
> = {
  'KVS.Apply': {
    check: (permit, { Op = '', DirEnt }) => permit.demand('key', keyAccess(Op) ?? 'read', DirEnt?.Key ?? ''),
  },
  'KVS.Get': { check: (permit, { Key = '' }) => permit.demand('key', 'read', Key) },
  'KVS.List': {
    check: (permit, { Key = '' }) => permit.keyListPolicy && permit.demand('key', 'list', Key),
    filter(authorizer, reply) {
      const entries = (reply.Entries ?? []).filter(({ Key }) => authorizer.allows('key', 'read', Key));
      return { ...reply, Entries: entries.length === 0 ? null : entries };
    },
  },
  'KVS.ListKeys': {
    check: (permit, { Prefix = '' }) => permit.keyListPolicy && permit.demand('key', 'list', Prefix),
    filter: (authorizer, reply) => ({
      ...reply,
      Keys: (reply.Keys ?? []).filter((key) => authorizer.allows('key', 'read', key)),
    }),
  },
  'Session.Apply': {
    check(permit, { Op, Session }) {
      const node = Op === 'destroy' ? sessionNode(permit.state, Session?.ID ?? '') : (Session?.Node ?? '');
      if (node !== undefined) permit.demand('session', 'write', node);
    },
  },
  'Session.Get': { filter: sessions },
  'Session.List': { filter: sessions },
  'Session.NodeSessions': { filter: sessions },
  'Session.Renew': {
    check(permit, { SessionID = '', Session = '' }) {
      const node = sessionNode(permit.state, SessionID || Session);
      if (node !== undefined) permit.demand('session', 'write', node);
    },
  },
  'Txn.Apply': {
    refuse(permit, { Ops }) {
      const Errors = refusals(permit, Ops);
      return Errors.length === 0 ? null : { Results: null, Errors };
    },
    filter: (authorizer, reply) => ({ ...reply, Results: visible(authorizer, reply.Results) }),
  },
  'Txn.Read': {
    filter: (authorizer, reply) => ({ ...reply, Results: visible(authorizer, reply.Results) }),
  },
};

function sessions<R extends { Sessions: { readonly Node: string }[] | null }>(authorizer: Authorizer, reply: R): R {
  const Sessions = (reply.Sessions ?? []).filter(({ Node }) => authorizer.allows('session', 'read', Node));
  return { ...reply, Sessions };
}
