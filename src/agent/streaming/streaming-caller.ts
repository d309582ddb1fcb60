/** The way to the servers of a client agent with `use_streaming_backend`: health that is waited on, or kept, comes from views. */
import type { Clock, MaybePromise } from '../../lib/runtime.ts';
import type { Answer, CallOptions, RpcCaller } from '../rpc/caller.ts';
import type { Args, MethodName, Reply } from '../rpc/signatures.ts';
import { afterWaiting, type WaitLimits } from '../rpc/waiting.ts';
import type { HealthQuery, HealthViews } from './health-views.ts';

export const withViews = (
  rpc: RpcCaller,
  views: Pick<HealthViews, 'answer'>,
  clock: Clock,
  limits: WaitLimits,
): RpcCaller => ({
  call<M extends MethodName>(method: M, args: Partial<Args<M>>, options?: CallOptions): MaybePromise<Answer<Reply<M>>> {
    if (method !== 'Health.ServiceNodes' || !streams(args as HealthQuery)) return rpc.call(method, args, options);
    const sinceMs = clock.nowMs();
    return views
      .answer(args as HealthQuery, options?.signal)
      .then(
        (answer) =>
          (answer as Answer<Reply<M>> | null) ??
          rpc.call(method, afterWaiting(args, clock.nowMs() - sinceMs, limits), options),
      );
  },
});

/** Order by distance and gateways are the servers' business; who insists on consistency asks the leader. */
const streams = ({ MinQueryIndex, UseCache, Source, Ingress, RequireConsistent }: HealthQuery): boolean =>
  ((MinQueryIndex ?? 0) > 0 || UseCache === true) && !Source?.Node && Ingress !== true && RequireConsistent !== true;
