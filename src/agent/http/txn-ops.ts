/** Operations of a transaction, from the form of the API to that of the RPC. Pure. */
import { HealthCheck, Node, NodeService } from '../../structs/catalog.ts';
import { DirEntry } from '../../structs/kv.ts';
import { make } from '../../structs/make.ts';
import { TxnOp } from '../../structs/txn.ts';
import type { TxnOpBody } from '../../structs/txn-ops.ts';

const kvWrites = new Set(['set', 'cas', 'lock', 'unlock', 'delete', 'delete-cas', 'delete-tree']);

/** Whether it changes something. A verb that does not exist does not. */
export const isWrite = ({ KV, Node: node, Service, Check }: TxnOpBody): boolean =>
  KV !== null ? kvWrites.has(KV.Verb) : [node, Service, Check].some((op) => op !== null && op.Verb !== 'get');

/** Null for an operation that names nothing to operate on. */
export function toTxnOp({ KV, Node: node, Service, Check }: TxnOpBody, datacenter: string): TxnOp | null {
  if (KV !== null) {
    const { Verb, Index, ...entry } = KV;
    return make(TxnOp, { KV: { Verb, DirEnt: make(DirEntry, { ...entry, ModifyIndex: Index }) } });
  }
  if (node !== null) {
    const Datacenter = node.Node.Datacenter || datacenter;
    return make(TxnOp, { Node: { Verb: node.Verb, Node: make(Node, { ...node.Node, Datacenter }) } });
  }
  if (Service !== null) {
    const { ContentHash: _hash, Datacenter: _datacenter, Proxy: proxy, Connect, ...service } = Service.Service;
    const full = make(NodeService, service);
    // Absent weights arrive as zeros; the state machine knows the defaults.
    if (service.Weights.Passing === 0 && service.Weights.Warning === 0) full.Weights = null;
    if (proxy !== null) full.Proxy = proxy;
    if (Connect !== null) full.Connect = Connect;
    return make(TxnOp, { Service: { Verb: Service.Verb, Node: Service.Node, Service: full } });
  }
  if (Check !== null) {
    return make(TxnOp, { Check: { Verb: Check.Verb, Check: make(HealthCheck, Check.Check) } });
  }
  return null;
}
