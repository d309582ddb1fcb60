import { describe, expect, it } from 'vitest';
import { push } from '../../../../src/tui/models/history.ts';
import { loadFigures } from '../../../../src/tui/models/metrics.ts';

describe('the figures of load', () => {
  it('come from metrics with and without the host in their names', () => {
    const sample = { labels: {}, count: 50, mean: 2 };
    const figures = loadFigures({
      timestamp: '',
      gauges: [{ name: 'consul.host-1.runtime.alloc_bytes', value: 1024 }],
      counters: [
        { ...sample, name: 'consul.rpc.request' },
        { ...sample, name: 'consul.other.rpc.requests' },
      ],
      samples: [
        { ...sample, name: 'consul.api.http' },
        { ...sample, name: 'consul.api.http' },
        { ...sample, name: 'consul.raft.commitTime' },
      ],
    });
    expect(figures).toEqual({ httpPerSecond: 10, rpcPerSecond: 5, commitMeanMs: 2, allocatedBytes: 1024 });
  });

  it('are kept for a while only', () => {
    let history: readonly number[] = [];
    for (let value = 0; value < 1_000; value++) history = push(history, value);
    expect(history).toHaveLength(600);
    expect(history.at(-1)).toBe(999);
  });
});
