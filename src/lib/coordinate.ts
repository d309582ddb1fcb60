/** Distance of network coordinates (Vivaldi): what `?near=`, `rtt` and Serf's own client estimate a round trip by. Pure. */

export interface Point {
  readonly Vec: readonly number[] | null;
  readonly Height: number;
  readonly Adjustment: number;
}

/** Without the adjustments; infinite for points of different spaces. */
export function rawDistanceSeconds(a: Point, b: Point): number {
  const [from, to] = [a.Vec ?? [], b.Vec ?? []];
  if (from.length !== to.length) return Number.POSITIVE_INFINITY;
  let squares = 0;
  for (let i = 0; i < from.length; i++) squares += (from[i]! - to[i]!) ** 2;
  return Math.sqrt(squares) + a.Height + b.Height;
}

/** Estimated round trip time, in whole nanoseconds as Consul keeps it; infinite where it cannot be told. */
export function distanceSeconds(a: Point | null, b: Point | null): number {
  if (a === null || b === null) return Number.POSITIVE_INFINITY;
  const raw = rawDistanceSeconds(a, b);
  const adjusted = raw + a.Adjustment + b.Adjustment;
  const seconds = adjusted > 0 ? adjusted : raw;
  return Math.trunc(seconds * 1e9) / 1e9;
}
