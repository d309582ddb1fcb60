/** -namespace: an Enterprise flag that every agent of ours refuses, sent on as given. */
import { flag } from './flags.ts';

export const namespaceFlag = flag.string('Namespace to ask in. Enterprise only.');
