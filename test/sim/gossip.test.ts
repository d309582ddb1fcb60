import { describe, expect, it } from 'vitest';
import { suspicionMinMs } from '../../src/agent/gossip/memberlist/core/scaling.ts';
import { profiles } from '../../src/agent/gossip/profiles.ts';
import { measure } from './gossip/measure.ts';
import { GossipPool } from './gossip/pool.ts';

const nodes = 200;

/** A suspect that several accuse has this long to say that it lives. */
function suspicionSeconds(): number {
  const { suspicionMult, probeIntervalMs } = profiles.lan.memberlist;
  return suspicionMinMs(suspicionMult, nodes, probeIntervalMs) / 1000;
}

describe('a large gossip pool', () => {
  it.each([0, 0.01, 0.1])('makes joins and failures known to all, and accuses nobody wrongly, at loss %d', (loss) => {
    const row = measure(new GossipPool(nodes, 7), { loss, slow: 0 });
    expect(row.wronged).toBe(0);
    expect(row.joinSeconds.max).toBeLessThan(3);
    expect(row.firstSeconds.median).toBeGreaterThan(suspicionSeconds());
    expect(row.firstSeconds.median).toBeLessThan(suspicionSeconds() + 5);
    expect(row.allSeconds.max).toBeLessThan(row.firstSeconds.max + 3);
  });

  it('does not declare a healthy node dead because a few are slow', () => {
    const row = measure(new GossipPool(nodes, 8), { loss: 0, slow: 4 });
    expect(row.wronged).toBe(0);
    expect(row.firstSeconds.median).toBeLessThan(suspicionSeconds() + 5);
  });

  it('does exactly the same twice from the same seed', () => {
    const trace = (seed: number): string => {
      const pool = new GossipPool(50, seed);
      pool.loss = 0.1;
      pool.kill(3);
      pool.run(30_000);
      return JSON.stringify(pool.opinions);
    };
    expect(trace(1)).toBe(trace(1));
    expect(trace(1)).not.toBe(trace(2));
  });
});
