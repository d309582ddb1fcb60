/** What a program would make of the state of running servers: compares what was read with what it would write. Pure. */
import type { StateStats } from '../snapshot/index.ts';

export interface Difference {
  /** Consul's name of the records. */
  readonly Type: string;
  readonly Before: number;
  readonly After: number;
  readonly BytesBefore: number;
  readonly BytesAfter: number;
}

/** By type of record; empty when nothing would change. */
export function differences(before: StateStats, after: StateStats): Difference[] {
  const names = new Set([...before.types, ...after.types].map(({ name }) => name));
  const of = (stats: StateStats, name: string) =>
    stats.types.find((type) => type.name === name) ?? { count: 0, sizeBytes: 0 };
  return [...names]
    .sort()
    .map((Type) => ({
      Type,
      Before: of(before, Type).count,
      After: of(after, Type).count,
      BytesBefore: of(before, Type).sizeBytes,
      BytesAfter: of(after, Type).sizeBytes,
    }))
    .filter(({ Before, After, BytesBefore, BytesAfter }) => Before !== After || BytesBefore !== BytesAfter);
}

/** Records that are there no more are a loss; the same ones in other bytes are not. */
export const isLoss = ({ Before, After }: Difference): boolean => After < Before;

/** Records that only newer versions know: kept, but not acted on. */
export const unknownTypes = (stats: StateStats): string[] =>
  stats.types.map(({ name }) => name).filter((name) => name.startsWith('Unknown '));
