/** Questions to the primary datacenter. */
import type { Answer } from '../../rpc/caller.ts';
import type { Args, MethodName, Reply } from '../../rpc/signatures.ts';
import type { Remote } from './replicator.ts';

/** One call to the primary, with the token for replication. */
export type Ask = <M extends MethodName>(
  method: M,
  args: Partial<Args<M>>,
  signal: AbortSignal,
) => Promise<Answer<Reply<M>>>;

/** A list of the primary by blocking queries; any of its servers may answer. */
export const changesOf =
  <M extends MethodName, Item>(
    ask: Ask,
    method: M,
    args: Partial<Args<M>>,
    itemsOf: (reply: Reply<M>) => readonly Item[] | null,
  ) =>
  async (minIndex: number, signal: AbortSignal): Promise<Remote<Item>> => {
    const wait = { AllowStale: true, MinQueryIndex: minIndex };
    const { reply, meta } = await ask(method, { ...args, ...wait } as Partial<Args<M>>, signal);
    return { index: meta.Index, items: itemsOf(reply) ?? [] };
  };
