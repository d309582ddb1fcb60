/**
 * Keeps this node's own entry in the catalog as it should be: looks, registers when something is missing or different, and
 * looks again. The first piece of anti-entropy.
 */
import type { Runtime, Timer } from '../../lib/runtime.ts';
import type { Config } from '../config/config.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Logger } from '../telemetry/api.ts';

export interface NodeSyncOptions {
  /** The configuration in force: a reload may change what has to be registered. */
  readonly config: () => Pick<Config, 'datacenter' | 'nodeName' | 'nodeMeta' | 'advertiseAddr' | 'taggedAddresses'>;
  readonly nodeId: string;
  readonly rpc: RpcCaller;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

export interface NodeSync {
  /** Looks now instead of at the next time: a leader is there, or the configuration changed. */
  trigger(): void;
  stop(): void;
}

const intervalMs = 60_000;
/** After a failure, spread so that the agents of a datacenter do not come all at once. */
const retryMs = 15_000;
/** While the cluster has no leader yet. */
const startRetryMs = 50;
const startRetries = 100;

export function startNodeSync(options: NodeSyncOptions): NodeSync {
  const { runtime, logger } = options;
  let timer: Timer | undefined;
  let stopped = false;
  let running = false;
  let again = false;
  let failures = 0;
  let synced = false;

  const schedule = (delayMs: number): void => {
    timer?.cancel();
    if (!stopped) timer = runtime.clock.after(delayMs, () => void look());
  };
  const jittered = (ms: number): number => ms + runtime.random.float() * ms;

  const look = async (): Promise<void> => {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    timer?.cancel();
    try {
      const wrote = await syncNode(options);
      if (wrote) logger.info('Synced node info');
      else logger.debug('Node info in sync');
      synced = true;
      failures = 0;
      schedule(jittered(intervalMs));
    } catch (error) {
      failures++;
      // Without a leader nothing is wrong yet.
      const starting = !synced && failures <= startRetries;
      if (!starting && !stopped) logger.error('failed to sync remote state', { error: (error as Error).message });
      schedule(starting ? startRetryMs : jittered(retryMs));
    } finally {
      running = false;
    }
    if (again) schedule(0);
  };

  schedule(0);
  return {
    trigger: () => {
      if (running) again = true;
      else schedule(0);
    },
    stop: () => {
      stopped = true;
      timer?.cancel();
    },
  };
}

/** Resolves with whether something had to be written. */
async function syncNode({ config: current, nodeId, rpc }: NodeSyncOptions): Promise<boolean> {
  const config = current();
  const meta = { ...config.nodeMeta, 'consul-network-segment': '' };
  const { reply } = await rpc.call('Catalog.NodeServiceList', { Datacenter: config.datacenter, Node: config.nodeName });
  const known = reply.NodeServices.Node;
  const same =
    known !== null &&
    known.ID === nodeId &&
    known.Address === config.advertiseAddr &&
    sameMap(known.TaggedAddresses, config.taggedAddresses) &&
    sameMap(known.Meta, meta);
  if (same) return false;
  await rpc.call('Catalog.Register', {
    Datacenter: config.datacenter,
    ID: nodeId,
    Node: config.nodeName,
    Address: config.advertiseAddr,
    TaggedAddresses: { ...config.taggedAddresses },
    NodeMeta: meta,
  });
  return true;
}

type Texts = Readonly<Record<string, string>>;

function sameMap(a: Texts | null, b: Texts): boolean {
  if (a === null) return Object.keys(b).length === 0;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}
