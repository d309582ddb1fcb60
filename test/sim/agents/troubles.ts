/** What goes wrong with whole agents from outside, and how often: drawn from the seed. */
import type { Stream } from '../prng.ts';

export type Troubles = ReturnType<typeof drawTroubles>;

/** @param forceLeaveEveryMs what to pick from */
export const drawTroubles = (random: Stream, forceLeaveEveryMs: readonly number[]) => ({
  crashEveryMs: random.pick([0, 4000, 10_000]),
  /** A crashed agent stays away for about so long: shorter or longer than gossip takes to notice. */
  awayMs: random.pick([500, 2000, 10_000]),
  /** Chance that a crash takes the power of the machine: nobody refuses connections. */
  powerChance: random.pick([0, 0.3]),
  /** Chance that an agent comes back with another address. */
  moveChance: random.pick([0, 0, 0.2]),
  leaveEveryMs: random.pick([0, 0, 8000]),
  forceLeaveEveryMs: random.pick(forceLeaveEveryMs),
  cutEveryMs: random.pick([0, 3000, 8000]),
  cutForMs: random.pick([1000, 4000, 12_000]),
  clogEveryMs: random.pick([0, 0, 4000]),
  pauseEveryMs: random.pick([0, 4000]),
  pauseMs: random.pick([500, 3000, 10_000]),
  clockJumpEveryMs: random.pick([0, 4000]),
  transferEveryMs: random.pick([0, 0, 5000]),
});
