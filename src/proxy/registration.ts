/** A proxy that registers itself (`connect proxy -register`), and is taken out when it ends. */
import { setTimeout as pause } from 'node:timers/promises';
import { agentServicesApi } from '../client/agent-services.ts';
import { connectApi } from '../client/connect.ts';
import { statusOf } from '../client/errors.ts';
import type { ConsulHttp } from '../client/http.ts';
import { messageOf } from '../lib/message-of.ts';
import type { ProxyConfig } from './config.ts';
import type { Log } from './log.ts';

const lookMs = 30_000;

/** `suffix` tells several proxies of a service apart. */
export const registrationId = (service: string, suffix: string): string =>
  suffix === '' ? `${service}-proxy` : `${service}-proxy-${suffix}`;

function registrationOf({ service, inbound, upstreams }: ProxyConfig, id: string): object {
  const port = inbound?.listen.port ?? 0;
  const host = inbound?.listen.host ?? '';
  const isAnywhere = ['', '0.0.0.0', '::'].includes(host);
  return {
    Kind: 'connect-proxy',
    ID: id,
    Name: `${service}-proxy`,
    Port: port,
    ...(!isAnywhere && { Address: host }),
    Proxy: {
      DestinationServiceName: service,
      ...(inbound !== null && { LocalServiceAddress: inbound.local.host, LocalServicePort: inbound.local.port }),
      Upstreams: upstreams.map(({ name, kind, listen }) => ({
        DestinationType: kind,
        DestinationName: name,
        LocalBindAddress: listen.host,
        LocalBindPort: listen.port,
      })),
    },
    ...(port > 0 && {
      Check: { Name: 'Connect Proxy Listening', TCP: `${isAnywhere ? '127.0.0.1' : host}:${port}`, Interval: '10s' },
    }),
  };
}

/** Keeps the proxy registered until the signal aborts. Rejects when the agent does not take it at first. */
export async function keepRegistered(
  config: ProxyConfig,
  suffix: string,
  { http, log, signal }: { readonly http: ConsulHttp; readonly log: Log; readonly signal: AbortSignal },
): Promise<() => Promise<void>> {
  const services = agentServicesApi(http);
  const id = registrationId(config.service, suffix);
  const registration = registrationOf(config, id);
  await services.register(registration);
  log('info', 'registered with the agent', { id });
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause(lookMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        await connectApi(http).service(id);
      } catch (error) {
        if (statusOf(error) !== 404) continue;
        await services.register(registration).then(
          () => log('info', 'registered with the agent again', { id }),
          (failure: unknown) => log('warn', 'could not register again', { id, error: messageOf(failure) }),
        );
      }
    }
  };
  void watch();
  return () => services.deregister(id);
}
