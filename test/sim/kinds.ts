/** The kinds of simulation there are, and how many seeds of each the suite runs. */
import { runAgents } from './agents/run.ts';
import { runCluster } from './cluster.ts';
import { runDiscovery } from './discovery.ts';
import { runFederation } from './federation/run.ts';
import type { SimResult } from './result.ts';
import { runServers } from './servers/run.ts';
import { runSingle } from './single.ts';
import { storeFsm } from './store-fsm.ts';
import { tinyFsm } from './tiny-fsm.ts';

export interface Kind {
  readonly what: string;
  readonly run: (seed: number, print: ((line: string) => void) | null) => SimResult | Promise<SimResult>;
}

export const kinds = {
  servers: { what: 'whole servers on a bad network and bad disks', run: runServers },
  agents: { what: 'whole agents, servers and clients, with everything between them', run: runAgents },
  federation: {
    what: 'whole agents of two datacenters: changes of the gossip key, user events, the WAN pool',
    run: runFederation,
  },
  discovery: { what: "anti-entropy: agents' registrations against a meddled catalog", run: runDiscovery },
  cores: {
    what: 'two to five Raft cores on a bad network',
    run: (seed, print) => runCluster(seed, 2 + (seed % 4), print),
  },
  store: {
    what: 'one server with the real store on a bad disk',
    run: (seed, print) => runSingle(seed, { fsm: storeFsm, ...(print && { print }) }),
  },
  single: {
    what: 'one server with a small state machine on a bad disk',
    run: (seed, print) => runSingle(seed, { fsm: tinyFsm, ...(print && { print }) }),
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as KindName[];

/** The command that runs one seed again, event by event. */
export const replayLine = (kind: KindName, seed: number): string => `npm run sim -- -kind=${kind} -seed=${seed} -trace`;

export const failureLine = (kind: KindName, seed: number, error: Error): string =>
  `${kind} seed ${seed}: ${error.message}\n  ${replayLine(kind, seed)}`;

export interface Campaign {
  readonly clean: number;
  readonly acknowledged: number;
  readonly virtualMs: number;
  readonly sometimes: ReadonlyMap<string, number>;
  /** One line each, with the command to see it again. */
  readonly failures: readonly string[];
}

export interface CampaignOptions {
  /** Runs each seed a second time: both runs must be the same to the last event. */
  readonly twice?: boolean;
  readonly print?: ((line: string) => void) | null;
  readonly onStart?: (seed: number) => void;
  readonly onResult?: (result: SimResult) => void;
}

/** Seeds `first` to `first + count - 1` of one kind. */
export async function campaign(
  kind: KindName,
  first: number,
  count: number,
  { twice = false, print = null, onStart, onResult }: CampaignOptions = {},
): Promise<Campaign> {
  const { run } = kinds[kind] as Kind;
  const sometimes = new Map<string, number>();
  const failures: string[] = [];
  let acknowledged = 0;
  let virtualMs = 0;
  for (let seed = first; seed < first + count; seed++) {
    onStart?.(seed);
    const result = await run(seed, print);
    acknowledged += result.acknowledged;
    virtualMs += result.virtualMs;
    for (const [situation, times] of result.sometimes) {
      sometimes.set(situation, (sometimes.get(situation) ?? 0) + times);
    }
    const isRepeatable = !twice || (await run(seed, null)).traceHash === result.traceHash;
    const error = result.error ?? (isRepeatable ? null : new Error('not the same twice'));
    if (error !== null) failures.push(failureLine(kind, seed, error));
    onResult?.({ ...result, error });
  }
  return { clean: count - failures.length, acknowledged, virtualMs, sometimes, failures };
}
