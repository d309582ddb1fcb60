/** KVS.*: reading and writing the key/value store. */
import { byteOrder, fromByteOrder } from '../../../lib/btree/byte-order.ts';
import type { MaybePromise } from '../../../lib/runtime.ts';
import type { DirEntry, IndexedDirEntries, KVSRequest } from '../../../structs/kv.ts';
import { RpcError } from '../../errors.ts';
import { asError } from '../../raft/errors.ts';
import type { Answer } from '../../rpc/caller.ts';
import { getKey, listKeys } from '../../state/kv.ts';
import { ListedEntry } from '../../state/kv-row.ts';
import type { Store } from '../../state/store.ts';
import { answer, isUntried, type MethodTable, noMeta, type ServerContext } from '../context.ts';

const yes: Answer<boolean> = Object.freeze(answer(true));
const no: Answer<boolean> = Object.freeze(answer(false));

/** What is wrong with a write before it is proposed; null if nothing is. Shared with transactions. */
export function kvFault(op: string, key: string): string | null {
  return key === '' && op !== 'delete-tree' ? 'Must provide key' : null;
}

/** Lock delays are a matter of the leader's clock, so they are looked at before anything is replicated. */
export const lockDelayed = (store: Store, op: string, key: string): boolean =>
  op === 'lock' && store.lockDelays.active(byteOrder(key));

const sizeOf = (reply: IndexedDirEntries): number => {
  let size = 0;
  for (const entry of reply.Entries ?? []) {
    size += entry instanceof ListedEntry ? entry.sizeBytes : 300 + entry.Key.length + (entry.Value?.length ?? 0);
  }
  return size;
};

const then = <T, R>(value: MaybePromise<T>, next: (value: T) => R): MaybePromise<R> =>
  value instanceof Promise ? value.then(next) : next(value);

/** The hot path of writes: one promise of Raft's, one here. */
function propose(context: ServerContext, request: KVSRequest): Promise<Answer<boolean>> {
  const startMs = context.runtime.clock.nowMs();
  return context.propose('kv', request).then(
    (result) => {
      context.timings.kvsApply(context.runtime.clock.nowMs() - startMs);
      return result === true ? yes : no;
    },
    (error: unknown) => {
      if (isUntried(error)) throw error;
      throw new RpcError(`raft apply failed: ${asError(error).message}`, 500, { cause: error });
    },
  );
}

const noEntry: DirEntry = {
  LockIndex: 0,
  Key: '',
  Flags: 0,
  Value: null,
  Session: '',
  CreateIndex: 0,
  ModifyIndex: 0,
};

/** Distinct keys up to and including the first separator after the prefix, in order. */
export function cutKeys(keys: string[], prefix: string, separator: string): string[] {
  if (separator === '') return keys;
  const cut: string[] = [];
  let last = '';
  for (const key of keys) {
    const at = key.indexOf(separator, prefix.length);
    const shown = at < 0 ? key : key.slice(0, at + separator.length);
    if (at >= 0 && shown === last) continue;
    cut.push(shown);
    last = shown;
  }
  return cut;
}

export const kvMethods: MethodTable = {
  'KVS.Get': {
    kind: 'state',
    key: (args) => args.Key ?? '',
    sizeBytes: sizeOf,
    read(state, watch, args) {
      const { index, row } = getKey(state, watch, byteOrder(args.Key ?? ''));
      return { index, reply: { Entries: row === undefined ? null : [new ListedEntry(row)], ...noMeta } };
    },
  },
  'KVS.List': {
    kind: 'state',
    key: (args) => args.Key ?? '',
    sizeBytes: sizeOf,
    read(state, watch, args, pause) {
      const list = listKeys(state, watch, byteOrder(args.Key ?? ''), (row) => new ListedEntry(row), pause);
      return then(list, ({ index, items }) => ({
        index,
        reply: { Entries: items.length === 0 ? null : items, ...noMeta },
      }));
    },
  },
  'KVS.ListKeys': {
    kind: 'state',
    key: (args) => `${(args.Prefix ?? '').length}:${args.Prefix ?? ''}${args.Seperator ?? ''}`,
    sizeBytes: (reply) => (reply.Keys ?? []).reduce((size, key) => size + 40 + key.length, 0),
    read(state, watch, args, pause) {
      const prefix = args.Prefix ?? '';
      const list = listKeys(state, watch, byteOrder(prefix), (row) => fromByteOrder(row.key), pause);
      return then(list, ({ index, items }) => ({
        index,
        reply: { Keys: cutKeys(items, prefix, args.Seperator ?? ''), ...noMeta },
      }));
    },
  },
  'KVS.Apply': {
    kind: 'procedure',
    by: 'leader',
    run(context, args) {
      const entry = args.DirEnt ?? noEntry;
      const op = args.Op ?? '';
      const fault = kvFault(op, entry.Key);
      if (fault !== null) throw new RpcError(fault);
      if (lockDelayed(context.store, op, entry.Key)) {
        context.logger.named('kvs').warn('Rejecting lock of key due to lock-delay', { key: entry.Key });
        return no;
      }
      return propose(context, {
        Datacenter: args.Datacenter ?? '',
        Op: op,
        DirEnt: entry,
        Token: args.Token ?? '',
      });
    },
  },
};
