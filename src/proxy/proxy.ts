/**
 * The built-in proxy of a service: mutual TLS in and out, by the certificates of the mesh. It carries bytes and looks at none of
 * them. Where it is configured by its registration, it follows that.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connectApi } from '../client/connect.ts';
import { statusOf } from '../client/errors.ts';
import type { ConsulHttp } from '../client/http.ts';
import { messageOf } from '../lib/message-of.ts';
import { configOf, type ProxyConfig } from './config.ts';
import { CredentialStore } from './credentials.ts';
import { startExposed } from './exposed.ts';
import { startInbound } from './inbound.ts';
import type { Listening } from './listen.ts';
import type { Log } from './log.ts';
import { startOutbound } from './outbound.ts';

export interface ProxyOptions {
  readonly http: ConsulHttp;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const retryMs = 5_000;
const followWaitMs = 60_000;

/** Runs until the signal aborts. Rejects when it cannot start. */
export async function runProxy(config: ProxyConfig, options: ProxyOptions): Promise<void> {
  const proxy = new RunningProxy(options);
  try {
    await proxy.start(config);
    await aborted(options.signal);
  } finally {
    await proxy.stop();
  }
}

/** The same for a registered proxy, whose registration may change. */
export async function runRegisteredProxy(id: string, options: ProxyOptions): Promise<void> {
  const api = connectApi(options.http);
  const { log, signal } = options;
  let entry = await api.service(id);
  const proxy = new RunningProxy(options);
  try {
    await proxy.start(configOf(entry));
    while (!signal.aborted) {
      try {
        const next = await api.service(id, entry.ContentHash ?? '', {
          waitMs: followWaitMs,
          timeoutMs: 2 * followWaitMs,
          signal,
        });
        if (next.ContentHash !== entry.ContentHash) await proxy.change(configOf(next));
        entry = next;
      } catch (error) {
        if (signal.aborted) break;
        const what =
          statusOf(error) === 404
            ? 'the proxy is registered no more, it goes on as it is'
            : 'could not follow the registration';
        log('warn', what, { error: messageOf(error) });
        await pause(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  } finally {
    await proxy.stop();
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

class RunningProxy {
  readonly #options: ProxyOptions;
  readonly #credentials: CredentialStore;
  /** By what they do: what stays the same goes on. */
  #running = new Map<string, Listening>();
  #service = '';

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#credentials = new CredentialStore(options.log);
  }

  async start(config: ProxyConfig): Promise<void> {
    const { http, log, signal } = this.#options;
    this.#service = config.service;
    log('info', 'starting proxy', { service: config.service });
    await this.#credentials.follow(connectApi(http), config.service, signal);
    await this.#apply(config);
    log('info', 'proxy is ready', { service: config.service });
  }

  /** @throws Error when it would have to stand for another service */
  async change(config: ProxyConfig): Promise<void> {
    if (config.service !== this.#service)
      throw new Error('the proxy is registered for another service now: start it anew');
    await this.#apply(config);
    this.#options.log('info', 'configuration changed', { service: config.service });
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#running.values(), (listening) => listening.close()));
    this.#running.clear();
  }

  async #apply({ service, inbound, upstreams, exposed }: ProxyConfig): Promise<void> {
    const { http, log } = this.#options;
    const credentials = this.#credentials;
    const wanted = new Map<string, () => Promise<Listening>>();
    if (inbound !== null) {
      const options = { service, config: inbound, api: connectApi(http), credentials, log };
      wanted.set(JSON.stringify(['inbound', inbound]), () => startInbound(options));
    }
    for (const upstream of upstreams) {
      wanted.set(JSON.stringify(['outbound', upstream]), () => startOutbound({ upstream, http, credentials, log }));
    }
    for (const paths of Map.groupBy(exposed, ({ listen }) => listen.port).values()) {
      wanted.set(JSON.stringify(['exposed', paths]), () => startExposed(paths, log));
    }
    // First what goes: its port may be wanted anew.
    for (const [key, listening] of this.#running) {
      if (wanted.has(key)) continue;
      this.#running.delete(key);
      await listening.close();
    }
    for (const [key, start] of wanted) if (!this.#running.has(key)) this.#running.set(key, await start());
  }
}
