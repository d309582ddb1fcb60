/** `?near=` in the methods that have it. */
import type { QuerySource } from '../../../structs/common.ts';
import { sortByDistance } from '../../state/near.ts';
import type { State } from '../../state/store.ts';
import type { WatchSet } from '../../state/watches.ts';

interface Near {
  readonly Datacenter?: string;
  readonly Source?: QuerySource;
}

/** The node to sort by, '' for none: between datacenters nodes have no distance. */
export function nearOf({ Datacenter = '', Source }: Near): string {
  if (!Source?.Node) return '';
  const isElsewhere = Datacenter !== '' && Source.Datacenter !== '' && Source.Datacenter !== Datacenter;
  return isElsewhere ? '' : Source.Node;
}

export const sortedBy = <T>(
  state: State,
  watch: WatchSet,
  args: Near,
  items: readonly T[],
  nodeOf: (item: T) => string,
): T[] => (nearOf(args) === '' ? (items as T[]) : sortByDistance(state, watch, nearOf(args), items, nodeOf));
