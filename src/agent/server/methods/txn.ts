/** Txn.*: several operations as one. */
import { goQuote } from '../../../lib/go-format.ts';
import type { TxnError, TxnOp, TxnResponse } from '../../../structs/txn.ts';
import { readTransaction } from '../../state/txn.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import { kvFault, lockDelayed } from './kv.ts';
import { nodeFault, serviceFault } from './registration-rules.ts';

/** Faults that are seen before anything is replicated; with one of them nothing is. */
function faults(context: ServerContext, ops: readonly TxnOp[]): TxnError[] {
  return ops.flatMap((op, OpIndex) => {
    const What = faultOf(context, op);
    return What === null ? [] : [{ OpIndex, What }];
  });
}

function faultOf(context: ServerContext, op: TxnOp): string | null {
  if (op.KV !== null) {
    const { Verb, DirEnt } = op.KV;
    const fault = kvFault(Verb, DirEnt.Key);
    if (fault !== null) return fault;
    return lockDelayed(context.store, Verb, DirEnt.Key)
      ? `failed to lock key ${goQuote(DirEnt.Key)} due to lock delay`
      : null;
  }
  if (op.Node !== null) return nodeFault(op.Node.Node.Node, op.Node.Node.ID);
  if (op.Service !== null) return op.Service.Verb === 'get' ? null : serviceFault(op.Service.Service);
  return null;
}

const failed = (found: TxnError[]): TxnResponse => ({ Results: null, Errors: found });

export const txnMethods: MethodTable = {
  'Txn.Apply': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      const ops = args.Ops ?? [];
      const found = faults(context, ops);
      if (found.length > 0) return answer(failed(found));
      const startMs = context.runtime.clock.nowMs();
      const body = { Datacenter: args.Datacenter ?? '', Ops: ops, Token: args.Token ?? '' };
      const result = await context.propose('txn', body);
      context.metrics.sample('txn.apply')(context.runtime.clock.nowMs() - startMs);
      return answer(result as TxnResponse);
    },
  },
  'Txn.Read': {
    kind: 'procedure',
    by: 'reader',
    run(context, args) {
      const ops = args.Ops ?? [];
      const found = faults(context, ops);
      const response = found.length > 0 ? failed(found) : readTransaction(context.store, ops);
      return answer({ ...response, ...noMeta });
    },
  },
};
