/** Sorting by network distance (`?near=`), from the coordinates that nodes report. */
import { distanceSeconds } from '../../lib/coordinate.ts';
import type { Coordinate } from '../../structs/coordinate.ts';
import { nodeKey } from './schema.ts';
import type { State } from './store.ts';
import { part } from './table.ts';
import type { WatchSet } from './watches.ts';

/** Coordinates of a node by network segment. */
export const coordinatesOf = (state: State, node: string): Coordinate[] =>
  state.tables.coordinates.rows.values(nodeKey(node) + part);

/** How far a node is from another: by the segment that both are in. */
export function nodeDistanceSeconds(state: State, from: readonly Coordinate[], node: string): number {
  const there = coordinatesOf(state, node);
  for (const here of from) {
    const other = there.find(({ Segment }) => Segment === here.Segment);
    if (other !== undefined) return distanceSeconds(here.Coord, other.Coord);
  }
  return Number.POSITIVE_INFINITY;
}

/** The items by the distance of their nodes, in the order given where that is equal or unknown. */
export function sortByDistance<T>(
  state: State,
  watch: WatchSet,
  near: string,
  items: readonly T[],
  nodeOf: (item: T) => string,
): T[] {
  watch.topic('coordinates');
  const from = coordinatesOf(state, near);
  if (from.length === 0) return items as T[];
  const distances = new Map<string, number>();
  const distance = (item: T): number => {
    const node = nodeOf(item);
    let known = distances.get(node);
    if (known === undefined) {
      known = nodeDistanceSeconds(state, from, node);
      distances.set(node, known);
    }
    return known;
  };
  return items.toSorted((a, b) => compare(distance(a), distance(b)));
}

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
