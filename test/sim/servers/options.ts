/** What makes one run of whole servers special: all of it drawn from the seed (swarm testing). */
import type { Stream } from '../prng.ts';

export type ServersOptions = ReturnType<typeof drawServersOptions>;

export const drawServersOptions = (random: Stream) => ({
  servers: random.pick([3, 3, 3, 5]),
  network: {
    /** Chance that a Raft message is lost, or comes twice; connections of calls break a tenth as often. */
    loss: random.pick([0, 0, 0.01, 0.1]),
    repeat: random.pick([0, 0.05]),
    meanDelayMs: random.pick([0.3, 2, 20]),
  },
  disk: {
    meanLatencyMs: random.pick([0.05, 0.5, 5]),
    stallChance: random.pick([0, 0.001]),
    failChance: random.pick([0, 0, 0.002]),
    crashChance: random.pick([0, 0, 0.002]),
  },
  /** Clocks go this much too fast or too slow, at most. */
  clockDrift: random.pick([0, 0.03]),
  clients: random.between(2, 6),
  keys: random.between(1, 4),
  thinkMs: random.pick([10, 50, 200]),
  preVote: random.chance(0.8),
  crashEveryMs: random.pick([0, 3000, 8000]),
  cutEveryMs: random.pick([0, 2000, 6000]),
  refuseEveryMs: random.pick([0, 3000]),
  pauseEveryMs: random.pick([0, 3000]),
  clockJumpEveryMs: random.pick([0, 4000]),
  transferEveryMs: random.pick([0, 0, 5000]),
  /** How long gossip takes to call a dead server failed; 0 = it never does. */
  failedAfterMs: random.pick([0, 2000, 6000]),
  /** Servers find their first configuration by `bootstrap_expect`, in the midst of the storm; otherwise they are given it. */
  expects: random.chance(0.3),
  snapshotThreshold: random.pick([20, 200, 8192]),
  trailingLogs: random.pick([0, 10, 10_000]),
});
