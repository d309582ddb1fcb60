/** The roots of the primary's certificate authority, adopted here. */
import type { CARoot, IndexedCARoots } from '../../../structs/connect.ts';
import { readCaRoots } from '../../state/connect-ca.ts';
import { watchNothing } from '../../state/watches.ts';
import type { ServerContext } from '../context.ts';
import type { Ask } from './ask.ts';
import type { Replicated } from './replicator.ts';

/** So often at least it is looked whether the intermediate has to be renewed. */
const longestWaitNs = 5 * 60e9;

export function replicatedCaRoots({ ca, store }: ServerContext, ask: Ask): Replicated<CARoot, CARoot> {
  let theirs: IndexedCARoots | null = null;
  return {
    name: 'CA roots',
    async fetch(MinQueryIndex, signal) {
      const wait = { AllowStale: true, MinQueryIndex, MaxQueryTime: longestWaitNs };
      const { reply, meta } = await ask('ConnectCA.Roots', wait, signal);
      theirs = reply;
      return { index: meta.Index, items: reply.Roots ?? [] };
    },
    local: () => readCaRoots(store.state, watchNothing).roots,
    keyOf: ({ ID }) => ID,
    isSame: (root, local) => ca.isAdopted(root, local),
    // Only together do they make sense.
    async apply(_removed, _changed, signal) {
      if (theirs === null) return;
      await ca.adopt(theirs, async (CSR) => (await ask('ConnectCA.SignIntermediate', { CSR }, signal)).reply);
    },
  };
}
