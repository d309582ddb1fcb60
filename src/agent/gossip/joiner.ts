/** Joins the pools at the start: once where failing ends the agent, again and again where it may take its time. */
import { messageOf } from '../../lib/message-of.ts';
import type { Runtime, Timer } from '../../lib/runtime.ts';
import type { Joins } from '../config/config.ts';
import type { Logger } from '../telemetry/api.ts';
import type { ConsulPool } from './consul-pool.ts';

export interface JoinerOptions {
  readonly pool: ConsulPool;
  /** LAN or WAN, as log lines name it. */
  readonly cluster: 'LAN' | 'WAN';
  readonly joins: Joins;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** The tries are used up: the agent has to end. */
  readonly onGivenUp: () => void;
}

/** Thrown when an agent that is to join others at its start reaches none of them; the text says why, address by address. */
export class StartJoinError extends Error {
  override readonly name = 'StartJoinError';
}

/** @throws StartJoinError */
export async function joinAtStart({ pool, cluster, joins, logger }: JoinerOptions): Promise<void> {
  if (joins.start.length === 0) return;
  logger.info(cluster === 'LAN' ? 'Joining cluster...' : 'Joining -wan cluster...');
  const nodes = await pool.join(joins.start).catch((error) => {
    throw new StartJoinError(messageOf(error), { cause: error });
  });
  logger.info('Join completed. Initial agents synced with', { agent_count: nodes });
}

/** Tries until one answers. The result stops it. */
export function keepJoining(options: JoinerOptions): () => void {
  const { pool, cluster, joins, runtime, logger } = options;
  if (joins.retry.length === 0) return () => {};
  let timer: Timer | undefined;
  let stopped = false;
  let tries = 0;
  const clouds = joins.retry.flatMap((text) => /provider=(\S*)/.exec(text)?.[1] ?? []);
  const addresses = joins.retry.filter((text) => !text.includes('provider='));
  const log = logger.named(cluster === 'LAN' ? 'retry-join' : 'retry-join-wan');
  logger.info('Retry join is supported for the following discovery methods', { cluster, discovery_methods: '' });
  const attempt = async (): Promise<void> => {
    logger.info('Joining cluster...', { cluster });
    try {
      for (const provider of clouds) {
        // Not the whole text: it may hold credentials.
        const error = `discover: unknown provider ${provider}`;
        logger.error('Cannot discover address', { address: `provider=${provider}`, error });
      }
      if (addresses.length === 0) throw new Error('No servers to join');
      const nodes = await pool.join(addresses);
      logger.info('Join cluster completed. Synced with initial agents', { cluster, num_agents: nodes });
    } catch (error) {
      if (stopped) return;
      tries++;
      if (joins.retryMax > 0 && tries > joins.retryMax) {
        log.error(`max join retry exhausted, exiting`);
        options.onGivenUp();
        return;
      }
      logger.warn('Join cluster failed, will retry', {
        cluster,
        retry_interval: `${joins.retryIntervalMs / 1000}s`,
        error: messageOf(error),
      });
      timer = runtime.clock.after(joins.retryIntervalMs, () => void attempt());
    }
  };
  void attempt();
  return () => {
    stopped = true;
    timer?.cancel();
  };
}
