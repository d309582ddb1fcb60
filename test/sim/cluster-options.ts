/** What makes one run of a cluster special: all of it drawn from the seed (swarm testing). */
import type { Stream } from './prng.ts';

export interface ClusterOptions {
  readonly servers: number;
  /** Chance that a message is lost, or comes twice. */
  readonly loss: number;
  readonly repeat: number;
  readonly meanDelayMs: number;
  /** Chance that a message comes seconds late, when the world has moved on. */
  readonly late: number;
  readonly meanDiskMs: number;
  readonly diskFails: number;
  readonly crashEveryMs: number;
  readonly cutEveryMs: number;
  /** A leader that lives is taken for gone. */
  readonly refuseEveryMs: number;
  readonly readEveryMs: number;
  readonly changeEveryMs: number;
  readonly transferEveryMs: number;
  readonly snapshotEveryMs: number;
  readonly preVote: boolean;
}

export const drawClusterOptions = (random: Stream, servers: number): ClusterOptions => ({
  servers,
  loss: random.pick([0, 0.01, 0.1, 0.3]),
  repeat: random.pick([0, 0.01, 0.1]),
  meanDelayMs: random.pick([0.5, 5, 50]),
  meanDiskMs: random.pick([0.1, 2, 20]),
  diskFails: random.pick([0, 0, 0.01]),
  crashEveryMs: random.pick([0, 2000, 10_000]),
  cutEveryMs: random.pick([0, 2000, 10_000]),
  refuseEveryMs: random.pick([0, 1000, 5000]),
  readEveryMs: random.pick([5, 50]),
  changeEveryMs: random.pick([0, 3000]),
  transferEveryMs: random.pick([0, 3000]),
  snapshotEveryMs: random.pick([0, 500, 3000]),
  preVote: random.chance(0.5),
  late: random.pick([0, 0, 0.001, 0.02]),
});
