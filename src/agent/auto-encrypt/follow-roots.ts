/** The roots of the mesh's authority, followed for as long as the agent runs. */
import { pause } from '../../lib/pause.ts';
import type { Clock } from '../../lib/runtime.ts';
import type { IndexedCARoots } from '../../structs/connect.ts';
import type { RpcCaller } from '../rpc/caller.ts';

const retryMs = 5_000;

/** @param use gets the roots as they are, and after every change; whatever it rejects is told again soon. */
export async function followRoots(
  rpc: RpcCaller,
  clock: Clock,
  signal: AbortSignal,
  use: (roots: IndexedCARoots) => void | Promise<void>,
): Promise<void> {
  let index = 0;
  while (!signal.aborted) {
    try {
      const { reply, meta } = await rpc.call('ConnectCA.Roots', { MinQueryIndex: index, AllowStale: true }, { signal });
      await use(reply);
      index = meta.Index;
    } catch {
      index = 0;
    }
    // Nobody to ask, or no authority: what has no index cannot be waited on.
    if (index <= 1) await pause(clock, retryMs, signal);
  }
}
