/** An agent tells the servers now and then where it is in the network: rarely enough that all agents together are no burden. */
import type { Runtime, Timer } from '../lib/runtime.ts';
import type { Config } from './config/config.ts';
import type { ConsulPool } from './gossip/consul-pool.ts';
import type { RpcCaller } from './rpc/caller.ts';
import type { Logger } from './telemetry/api.ts';

/** Updates a second that the servers of a datacenter should have to bear. */
const clusterWideRate = 64;
const minIntervalMs = 15_000;

export interface CoordinateSenderOptions {
  readonly config: Pick<Config, 'datacenter' | 'nodeName' | 'disableCoordinates'>;
  readonly lan: Pick<ConsulPool, 'coordinate' | 'members'>;
  readonly rpc: RpcCaller;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

/** The result stops it. */
export function sendCoordinates({ config, lan, rpc, runtime, logger }: CoordinateSenderOptions): () => void {
  if (config.disableCoordinates) return () => {};
  const { clock, random } = runtime;
  const stopped = new AbortController();
  let timer: Timer;
  const send = async (): Promise<void> => {
    const { Vec, Error: error, Adjustment, Height } = lan.coordinate;
    try {
      await rpc.call(
        'Coordinate.Update',
        {
          Datacenter: config.datacenter,
          Node: config.nodeName,
          Coord: { Vec: [...Vec], Error: error, Adjustment, Height },
        },
        { signal: stopped.signal },
      );
    } catch (failure) {
      if (!stopped.signal.aborted) {
        logger.error('Coordinate update error', {
          error: failure instanceof Error ? failure.message : String(failure),
        });
      }
    }
  };
  const later = (): void => {
    const intervalMs = Math.max(minIntervalMs, (lan.members().length / clusterWideRate) * 1000);
    timer = clock.after(intervalMs + random.float() * intervalMs, () => {
      void send().then(() => {
        if (!stopped.signal.aborted) later();
      });
    });
  };
  later();
  return () => {
    stopped.abort();
    timer.cancel();
  };
}
