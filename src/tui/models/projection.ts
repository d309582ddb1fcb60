/** Points of many dimensions on a plane: the two directions in which they differ most. Pure, and the same every time. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

const rounds = 60;

/** Principal components by power iteration; one point a vector, around the origin. */
export function project(vectors: readonly (readonly number[])[]): Point[] {
  const dimensions = Math.max(0, ...vectors.map(({ length }) => length));
  if (vectors.length === 0 || dimensions === 0) return [];
  const mean = Array.from(
    { length: dimensions },
    (_, axis) => sum(vectors.map((vector) => vector[axis] ?? 0)) / vectors.length,
  );
  const centred = vectors.map((vector) => mean.map((middle, axis) => (vector[axis] ?? 0) - middle));
  const first = principal(centred, undefined);
  const second = principal(centred, first);
  return centred.map((vector) => ({ x: dot(vector, first), y: dot(vector, second) }));
}

/** The direction of the greatest spread, at a right angle to `without`. */
function principal(vectors: readonly (readonly number[])[], without: readonly number[] | undefined): readonly number[] {
  const dimensions = vectors[0]!.length;
  let direction: readonly number[] = normal(Array.from({ length: dimensions }, (_, axis) => 1 / (axis + 1)));
  for (let round = 0; round < rounds; round++) {
    const next = new Array<number>(dimensions).fill(0);
    for (const vector of vectors) {
      const weight = dot(vector, direction);
      for (let axis = 0; axis < dimensions; axis++) next[axis]! += weight * vector[axis]!;
    }
    direction = normal(
      without === undefined ? next : next.map((value, axis) => value - dot(next, without) * without[axis]!),
    );
  }
  return direction;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const dot = (a: readonly number[], b: readonly number[]): number => {
  let total = 0;
  for (let axis = 0; axis < a.length; axis++) total += a[axis]! * b[axis]!;
  return total;
};

function normal(vector: readonly number[]): readonly number[] {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}
