/** Transactions over several tables. Field order is declaration order (an array form is read by it). */
import { HealthCheck, Node, NodeService } from './catalog.ts';
import { QueryMeta, QueryOptions, WriteRequest } from './common.ts';
import { Intention, IntentionMutation } from './intention.ts';
import { DirEntry } from './kv.ts';
import { type Infer, int64, omitEmpty, ptr, slice, str, struct } from './schema.ts';
import { Session } from './session.ts';

export const TxnKVOp = struct('TxnKVOp', {
  Verb: str,
  DirEnt: DirEntry,
});
export type TxnKVOp = Infer<typeof TxnKVOp>;

export const TxnNodeOp = struct('TxnNodeOp', {
  Verb: str,
  Node: Node,
});
export type TxnNodeOp = Infer<typeof TxnNodeOp>;

export const TxnServiceOp = struct('TxnServiceOp', {
  Verb: str,
  Node: str,
  Service: NodeService,
});
export type TxnServiceOp = Infer<typeof TxnServiceOp>;

export const TxnCheckOp = struct('TxnCheckOp', {
  Verb: str,
  Check: HealthCheck,
});
export type TxnCheckOp = Infer<typeof TxnCheckOp>;

export const TxnSessionOp = struct('TxnSessionOp', {
  Verb: str,
  Session: Session,
});
export type TxnSessionOp = Infer<typeof TxnSessionOp>;

export const TxnIntentionOp = struct('TxnIntentionOp', {
  Datacenter: str,
  Op: str,
  Intention: ptr(Intention),
  Mutation: ptr(IntentionMutation),
  ...WriteRequest.type.fields,
});
export type TxnIntentionOp = Infer<typeof TxnIntentionOp>;

export const TxnOp = struct('TxnOp', {
  KV: ptr(TxnKVOp),
  Node: ptr(TxnNodeOp),
  Service: ptr(TxnServiceOp),
  Check: ptr(TxnCheckOp),
  Session: ptr(TxnSessionOp),
  Intention: ptr(TxnIntentionOp),
});
export type TxnOp = Infer<typeof TxnOp>;

export const TxnRequest = struct('TxnRequest', {
  Datacenter: str,
  Ops: slice(TxnOp),
  ...WriteRequest.type.fields,
});
export type TxnRequest = Infer<typeof TxnRequest>;

export const TxnResult = struct('TxnResult', {
  KV: omitEmpty(ptr(DirEntry)),
  Node: omitEmpty(ptr(Node)),
  Service: omitEmpty(ptr(NodeService)),
  Check: omitEmpty(ptr(HealthCheck)),
});
export type TxnResult = Infer<typeof TxnResult>;

export const TxnError = struct('TxnError', {
  OpIndex: int64,
  What: str,
});
export type TxnError = Infer<typeof TxnError>;

export const TxnResponse = struct('TxnResponse', {
  Results: slice(TxnResult),
  Errors: slice(TxnError),
});
export type TxnResponse = Infer<typeof TxnResponse>;

export const TxnReadRequest = struct('TxnReadRequest', {
  Datacenter: str,
  Ops: slice(TxnOp),
  ...QueryOptions.type.fields,
});
export type TxnReadRequest = Infer<typeof TxnReadRequest>;

export const TxnReadResponse = struct('TxnReadResponse', {
  ...TxnResponse.type.fields,
  ...QueryMeta.type.fields,
});
export type TxnReadResponse = Infer<typeof TxnReadResponse>;
