/** Where nodes are in the network: Vivaldi coordinates and the round trips they predict. Pure. */
import type { Coordinate, CoordinateEntry } from '../../client/index.ts';

/** Predicted round trip in milliseconds. */
export function distanceMs(a: Coordinate, b: Coordinate): number {
  let sum = 0;
  for (let axis = 0; axis < a.Vec.length; axis++) sum += (a.Vec[axis]! - (b.Vec[axis] ?? 0)) ** 2;
  const raw = Math.sqrt(sum) + a.Height + b.Height;
  const adjusted = raw + a.Adjustment + b.Adjustment;
  return (adjusted > 0 ? adjusted : raw) * 1000;
}

/** From one node to the others, by name. A node is in a segment only once here: the first wins. */
export function roundTrips(entries: readonly CoordinateEntry[], from: string): (node: string) => number | undefined {
  const byNode = new Map<string, Coordinate>();
  for (const { Node, Coord } of entries) if (!byNode.has(Node)) byNode.set(Node, Coord);
  const here = byNode.get(from);
  return (node) => {
    const there = byNode.get(node);
    return here === undefined || there === undefined || node === from ? undefined : distanceMs(here, there);
  };
}
