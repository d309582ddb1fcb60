/** The DNS interface: its parts, and a listener for UDP and one for TCP on every configured address. */
import type { Runtime } from '../../lib/runtime.ts';
import type { AgentCache } from '../cache/agent-cache.ts';
import type { Config } from '../config/config.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Logger, Metrics } from '../telemetry/api.ts';
import { Answerer } from './answer.ts';
import { AskCatalog } from './ask-catalog.ts';
import { KeptAnswers } from './kept-answers.ts';
import { CatalogReader } from './read-catalog.ts';
import { Responder } from './responder.ts';
import { type DnsSettings, settingsOf } from './settings.ts';
import { type Listener, listenTcp, listenUdp } from './sockets.ts';
import { Upstreams } from './upstream.ts';
import { Encoder } from './wire/encode.ts';

export interface DnsServerOptions {
  /** As it is now: read at the start and at every reload. */
  readonly config: () => Config;
  readonly rpc: RpcCaller;
  /** Asked where `dns_config.use_cache` says so. */
  readonly cache: Pick<AgentCache, 'get'>;
  /** The agent's token for requests that bring none. */
  readonly token: () => string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface DnsServer {
  /** Opens every configured address. Rejects with DnsListenError; nothing is open then. */
  start(): Promise<void>;
  /** Takes over settings and recursors. */
  reload(): void;
  /** Afterwards nothing is open; what waits for a recursor stays unanswered. */
  stop(): Promise<void>;
}

export function createDnsServer({ config, rpc, cache, token, runtime, logger, metrics }: DnsServerOptions): DnsServer {
  const log = logger.named('dns');
  const { random } = runtime;
  let current: DnsSettings = settingsOf(config());
  const settings = (): DnsSettings => current;
  const encoder = new Encoder();
  const kept = new KeptAnswers(random);
  const upstreams = new Upstreams({ runtime, logger: log });
  const reader = new CatalogReader({ rpc, cache, settings, token, metrics });
  const catalog = new AskCatalog({ reader, upstreams, settings, random, logger: log });
  const answerer = new Answerer({ catalog, upstreams, settings, encoder, random });
  const { nodeName } = current;
  const responder = new Responder({ answerer, kept, encoder, runtime, logger: log, metrics, nodeName });

  const listeners: { readonly address: string; readonly network: string; readonly listener: Listener }[] = [];
  const stop = async (): Promise<void> => {
    for (const { address, network, listener } of listeners.splice(0)) {
      logger.info('Stopping server', { protocol: 'DNS', address, network });
      await listener.close();
    }
    upstreams.stop();
  };
  return {
    async start() {
      const respond = responder.respond.bind(responder);
      try {
        for (const address of config().dnsAddrs) {
          for (const [network, listen] of [
            ['tcp', listenTcp],
            ['udp', listenUdp],
          ] as const) {
            listeners.push({ address, network, listener: await listen(address, respond) });
            logger.info('Started DNS server', { address, network });
          }
        }
      } catch (error) {
        await stop();
        throw error;
      }
    },
    reload() {
      current = settingsOf(config());
      kept.clear();
    },
    stop,
  };
}
