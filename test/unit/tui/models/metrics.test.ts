import { describe, expect, it } from 'vitest';
import { push } from '../../../../src/tui/models/history.ts';
import { loadFigures } from '../../../../src/tui/models/metrics.ts';

describe('the figures of load', () => {
  it('come from metrics with and without the host in their names', () => {
    const sample = { Labels: {}, Count: 50, Mean: 2, Rate: 5, Sum: 100, Min: 1, Max: 3, Stddev: 0 };
    const figures = loadFigures({
      Timestamp: '',
      Points: [],
      Gauges: [{ Name: 'consul.host-1.runtime.alloc_bytes', Value: 1024, Labels: {} }],
      Counters: [
        { ...sample, Name: 'consul.rpc.request' },
        { ...sample, Name: 'consul.other.rpc.requests' },
      ],
      Samples: [
        { ...sample, Name: 'consul.api.http' },
        { ...sample, Name: 'consul.api.http' },
        { ...sample, Name: 'consul.raft.commitTime' },
      ],
    });
    expect(figures).toEqual({
      httpPerSecond: 10,
      rpcPerSecond: 5,
      dnsPerSecond: 0,
      gossipPerSecond: undefined,
      commitMeanMs: 2,
      allocatedBytes: 1024,
    });
  });

  it('count packets of gossip, not their bytes', () => {
    const sample = { Labels: {}, Count: 24, Mean: 108, Rate: 259.2, Sum: 2592, Min: 1, Max: 300, Stddev: 0 };
    const Counters = ['sent', 'received'].map((way) => ({ ...sample, Name: `consul.memberlist.udp.${way}` }));
    const Samples = [{ ...sample, Name: 'consul.memberlist.probeNode' }];
    const figures = loadFigures({ Timestamp: '', Points: [], Gauges: [], Counters, Samples });
    expect(figures.gossipPerSecond).toBe(4.8);
  });

  it('are kept for a while only', () => {
    let history: readonly number[] = [];
    for (let value = 0; value < 1_000; value++) history = push(history, value);
    expect(history).toHaveLength(600);
    expect(history.at(-1)).toBe(999);
  });
});
