/** What makes one run of whole agents special: all of it drawn from the seed. */
import type { Stream } from '../prng.ts';
import { drawTroubles } from './troubles.ts';

export type AgentsOptions = ReturnType<typeof drawAgentsOptions>;

export const drawAgentsOptions = (random: Stream) => ({
  /** Servers that wait for each other at the start; later ones join them. */
  servers: random.pick([3, 3, 5]),
  laterServers: random.pick([0, 0, 1, 2]),
  clientAgents: random.between(1, 3),
  network: {
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
  clockDrift: random.pick([0, 0.03]),
  encrypted: random.chance(0.3),
  clients: random.between(2, 4),
  keys: random.between(1, 3),
  thinkMs: random.pick([50, 200, 500]),
  ...drawTroubles(random, [0, 0, 1000]),
  snapshotThreshold: random.pick([20, 200, 8192]),
  trailingLogs: random.pick([0, 10, 10_000]),
  /** More servers come at once than are expected, and all of them wait for each other. */
  crowded: random.chance(0.2),
  /** 5 is what servers have unless they are told otherwise. */
  raftMultiplier: random.pick([1, 1, 5]),
});
