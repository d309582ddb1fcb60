/** What operators ask of a gossip pool: how soon everybody knows, how soon a failure is found, and who is wrongly accused. */
import type { GossipPool, Opinion } from './pool.ts';

export interface Spread {
  readonly median: number;
  readonly max: number;
}

export interface Row {
  readonly nodes: number;
  readonly loss: number;
  readonly slow: number;
  /** Seconds from a join until as many know it as run well. */
  readonly joinSeconds: Spread;
  /** Seconds from a death until the first node is sure, and until as many are as run well. */
  readonly firstSeconds: Spread;
  readonly allSeconds: Spread;
  /** Living nodes that run well, and that somebody declared dead. */
  readonly wronged: number;
  /** Slow nodes that somebody declared dead. */
  readonly slowLost: number;
  readonly watchedSeconds: number;
  /** Packets a node sends in a second. */
  readonly packetsPerSecond: number;
}

export interface Weather {
  readonly loss: number;
  /** Nodes that are blocked for about `blockedMs`, then run for about `runsMs`, all the time. */
  readonly slow: number;
}

const blockedMs = 4000;
const runsMs = 1000;
const never = Number.POSITIVE_INFINITY;
const joins = 5;
const deaths = 10;

const seconds = (values: readonly number[]): Spread => {
  const sorted = values.map((ms) => ms / 1000).sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
};

/** Runs a pool through one weather: joins, deaths, and a while in which nothing else happens. */
export function measure(pool: GossipPool, { loss, slow }: Weather, watchMs = 60_000): Row {
  const nodes = pool.living;
  const startMs = pool.nowMs;
  const packets = pool.packets;
  const from = pool.opinions.length;
  pool.loss = loss;
  const slowOnes = new Set<number>();
  for (let at = 0; slowOnes.size < slow; at++) {
    if (!pool.members[at]!.alive) continue;
    slowOnes.add(at);
    pool.slowDown(at, blockedMs, runsMs);
  }
  pool.run(5000);
  const joinMs: number[] = [];
  for (let i = 0; i < joins; i++) {
    const joinedMs = pool.nowMs;
    const joined = pool.join();
    pool.run(6_000);
    joinMs.push(lastMs(pool.opinions, joined, 'join', pool.living - slow - 1) - joinedMs);
  }
  // The youngest of those that run well.
  const dead: number[] = [];
  for (let at = pool.members.length - 1; dead.length < deaths; at--) {
    if (pool.members[at]!.alive && !slowOnes.has(at)) dead.push(at);
  }
  const deathMs = pool.nowMs;
  for (const index of dead) pool.kill(index);
  pool.run(watchMs);
  const news = pool.opinions.slice(from);
  const first = (index: number): number => news.find((o) => o.kind === 'leave' && o.about === index)?.atMs ?? never;
  const mistakes = news.filter((o) => o.kind === 'leave' && !dead.includes(o.about));
  const wronged = new Set(mistakes.filter((o) => !slowOnes.has(o.about)).map((o) => o.about));
  const slowLost = new Set(mistakes.filter((o) => slowOnes.has(o.about)).map((o) => o.about));
  for (const index of slowOnes) pool.recover(index);
  const watchedSeconds = (pool.nowMs - startMs) / 1000;
  return {
    nodes,
    loss,
    slow,
    joinSeconds: seconds(joinMs),
    firstSeconds: seconds(dead.map((index) => first(index) - deathMs)),
    allSeconds: seconds(dead.map((index) => lastMs(news, index, 'leave', pool.living - slow) - deathMs)),
    wronged: wronged.size,
    slowLost: slowLost.size,
    watchedSeconds,
    packetsPerSecond: (pool.packets - packets) / watchedSeconds / nodes,
  };
}

/** When as many as `wanted` nodes had said it; infinite if fewer did. */
function lastMs(opinions: readonly Opinion[], about: number, kind: Opinion['kind'], wanted: number): number {
  let said = 0;
  for (const opinion of opinions) {
    if (opinion.about !== about || opinion.kind !== kind || opinion.by === about) continue;
    if (++said === wanted) return opinion.atMs;
  }
  return never;
}
