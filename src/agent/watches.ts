/** The watches of the configuration: begun when the API is open, begun anew by a reload. They ask over the API, as anybody does. */
import type { ClientOptions } from '../client/settings.ts';
import type { Config } from './config/config.ts';
import type { Logger } from './telemetry/api.ts';

export class AgentWatches {
  readonly #logger: Logger;
  #running: { stop(): void } | null = null;

  constructor(logger: Logger) {
    this.#logger = logger.named('watch');
  }

  /** Looks at the watches; the result begins them, in place of those before. Rejects for one that is wrong: nothing has changed then. */
  async prepare(config: Config): Promise<() => void> {
    if (config.watches.length === 0) return () => this.stop();
    // Not loaded where there are none.
    const { parseWatch } = await import('../watch/definition.ts');
    const { startWatches } = await import('../watch/watches.ts');
    const definitions = config.watches.map(parseWatch);
    return () => {
      this.stop();
      this.#running = startWatches({ definitions, client: wayToApi(config), log: this.#logger });
    };
  }

  stop(): void {
    this.#running?.stop();
    this.#running = null;
  }
}

/** The first of the addresses that answers; over TLS it is this very process, whatever its certificate says. */
function wayToApi({ httpAddrs, httpsAddrs, tls }: Config): ClientOptions {
  const [plain] = httpAddrs;
  if (plain !== undefined) return { address: plain };
  const { certFile, keyFile } = tls;
  const certificate = certFile !== '' && keyFile !== '' ? { clientCert: certFile, clientKey: keyFile } : {};
  return { address: `https://${httpsAddrs[0] ?? ''}`, sslVerify: false, ...certificate };
}
