/** What makes one run of two datacenters special: all of it drawn from the seed. */
import type { MachineOptions } from '../agents/agent.ts';
import type { NetworkOptions } from '../agents/network.ts';
import { drawTroubles, type Troubles } from '../agents/troubles.ts';
import type { Stream } from '../prng.ts';

export interface DatacenterShape {
  readonly name: string;
  readonly servers: number;
  readonly clients: number;
}

export interface FederationOptions extends MachineOptions, Troubles {
  readonly datacenters: readonly [DatacenterShape, DatacenterShape];
  readonly network: NetworkOptions;
  /** The operator begins to change the key about so long after the last change; 0 = never. */
  readonly rotateEveryMs: number;
  readonly relayFactor: number;
  readonly eventEveryMs: number;
  readonly writeEveryMs: number;
}

export const drawFederationOptions = (random: Stream): FederationOptions => {
  const encrypted = random.chance(0.8);
  return {
    datacenters: [
      { name: 'dc1', servers: random.pick([1, 3, 3]), clients: random.between(0, 2) },
      { name: 'dc2', servers: random.pick([1, 1, 3]), clients: random.between(0, 1) },
    ],
    network: {
      loss: random.pick([0, 0.01, 0.1]),
      repeat: random.pick([0, 0.05]),
      meanDelayMs: random.pick([0.3, 2, 20]),
    },
    disk: { meanLatencyMs: 0.5, stallChance: 0, failChance: 0, crashChance: 0 },
    clockDrift: random.pick([0, 0.03]),
    encrypted,
    ipv6: random.chance(0.3),
    rotateEveryMs: encrypted ? random.pick([0, 1000, 4000]) : 0,
    relayFactor: random.pick([0, 1, 3]),
    eventEveryMs: random.pick([300, 2000]),
    writeEveryMs: random.pick([200, 1000]),
    ...drawTroubles(random, [0, 0, 10_000]),
    snapshotThreshold: 8192,
    trailingLogs: 10_000,
    raftMultiplier: random.pick([1, 1, 5]),
  };
};
