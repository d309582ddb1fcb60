/**
 * The numbers the overview draws, taken from one aggregate of `/v1/agent/metrics`. Names may carry the host name in
 * front (`consul.HOST.runtime.alloc_bytes`), which is why gauges are looked for by their end.
 */
import type { MetricSample, Metrics } from './source.ts';

/** Length of an aggregate of the agent's in-memory sink. */
const intervalSeconds = 10;

export interface LoadFigures {
  /** HTTP requests a second, mean of the last complete interval. */
  readonly httpPerSecond: number;
  /** RPC requests a second: what this server answered, or what this client asked. */
  readonly rpcPerSecond: number;
  /** Mean time from proposal to commit, milliseconds; undefined without writes. */
  readonly commitMeanMs: number | undefined;
  /** Bytes of heap in use; undefined where the agent does not say. */
  readonly allocatedBytes: number | undefined;
}

export function loadFigures({ gauges, counters, samples }: Metrics): LoadFigures {
  const http = samples.filter(({ name }) => nameIs(name, 'api.http'));
  const commit = samples.find(({ name }) => nameIs(name, 'raft.commitTime'));
  const rpc = counters.filter(({ name }) => nameIs(name, 'rpc.request') || nameIs(name, 'client.rpc'));
  return {
    httpPerSecond: count(http) / intervalSeconds,
    rpcPerSecond: count(rpc) / intervalSeconds,
    commitMeanMs: commit?.mean,
    allocatedBytes: gauges.find(({ name }) => nameIs(name, 'runtime.alloc_bytes'))?.value,
  };
}

function count(samples: readonly MetricSample[]): number {
  return samples.reduce((sum, sample) => sum + sample.count, 0);
}

/** `name` is `PREFIX.wanted` or `PREFIX.HOST.wanted`. */
function nameIs(name: string, wanted: string): boolean {
  return name.endsWith(wanted) && name.charAt(name.length - wanted.length - 1) === '.';
}
