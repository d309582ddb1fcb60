import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { AddressError, type HostPort, parseHostPort, parsePort } from '../../cli/connect/addresses.ts';
import { sidecarFor } from '../../cli/connect/sidecar.ts';
import { type Flag, flag } from '../../cli/flags.ts';
import { connectApi } from '../../client/connect.ts';
import { FlagValueError } from '../../lib/go-flags.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { ProxyConfig } from '../../proxy/config.ts';

type Upstreams = Readonly<Record<string, HostPort>>;

/** `name:port` or `name:host:port`, several times; each name once. */
const upstreamFlag: Flag<Upstreams> = {
  ...(flag.pairs(
    'Another service, and the local address at which this one reaches it, as name:port or name:host:port.',
  ) as never as Flag<Upstreams>),
  parse(text, before) {
    const colon = text.indexOf(':');
    if (colon < 0) throw new FlagValueError(`Upstream value should be name:addr in ${JSON.stringify(text)}`);
    const place = text.slice(colon + 1);
    try {
      const listen = place.includes(':') ? parseHostPort(place) : { host: '127.0.0.1', port: parsePort(place) };
      return { ...before, [text.slice(0, colon)]: listen };
    } catch (error) {
      throw error instanceof AddressError ? new FlagValueError(error.message) : error;
    }
  },
};

export default defineCommand({
  summary: 'Runs the built-in proxy of the service mesh',
  usage: 'connect proxy [options]',
  description: `Runs a proxy beside a service: it accepts connections of other services by mutual TLS, lets them through as intentions say, and takes those of its own service to the others.

It carries bytes of any protocol and looks at none of them. With -sidecar-for or -proxy-id it is configured by its registration with the agent, and follows that.`,
  examples: [
    ['connect proxy -sidecar-for web', 'The proxy that is registered for a service:'],
    [
      'connect proxy -service web -service-addr 127.0.0.1:8080 -listen 10.0.0.1:21000 -upstream db:9191 -register',
      'By flags alone:',
    ],
  ],
  http: 'all',
  flags: {
    'sidecar-for': flag.string('Id of the service whose registered proxy this is.'),
    'proxy-id': flag.string('Id of the registered proxy.'),
    service: flag.string('Service that it stands for, where nothing is registered.'),
    'service-addr': flag.string('Where the service listens, as host:port.'),
    listen: flag.string('Where others reach it, as host:port.'),
    upstream: upstreamFlag,
    register: flag.bool('Register the proxy, and take it out when it ends.'),
    'register-id': flag.string('Added to the id of the registration, to tell several apart.'),
    'log-level': flag.string('trace, debug, info, warn or err.', { initial: 'INFO' }),
    'log-json': flag.bool('Log lines are JSON.'),
    'pprof-addr': flag.string('Not supported yet: where profiles are served.'),
  },

  async run({ flags, out, client, interrupted }) {
    const { levelOf, createLog } = await import('../../proxy/log.ts');
    const level = levelOf(flags['log-level']);
    if (level === undefined) throw new CliError(`Invalid log level: ${flags['log-level']}`);
    if (flags['pprof-addr'] !== '') throw new CliError('-pprof-addr is not supported yet');
    out('==> Consul Connect proxy starting...\n');
    const { http, close } = await client();
    try {
      const wish = await preparing(wanted(flags, http));
      out(banner(flags, wish));
      out('\n==> Log data will now stream in as it occurs:\n\n');
      const options = { http, log: createLog(level, flags['log-json'], out), signal: interrupted() };
      const { runProxy, runRegisteredProxy } = await import('../../proxy/proxy.ts');
      if ('id' in wish) return await explained(runRegisteredProxy(wish.id, options), options.signal);
      if (!flags.register) return await explained(runProxy(wish.config, options), options.signal);
      const { keepRegistered } = await import('../../proxy/registration.ts');
      const deregister = await explain(
        '==> Error registering the proxy',
        keepRegistered(wish.config, flags['register-id'], options),
      );
      try {
        return await explained(runProxy(wish.config, options), options.signal);
      } finally {
        await deregister();
      }
    } finally {
      close();
    }
  },
});

type Wish = { readonly id: string } | { readonly config: ProxyConfig };

interface ProxyFlags {
  readonly 'sidecar-for': string;
  readonly 'proxy-id': string;
  readonly service: string;
  readonly 'service-addr': string;
  readonly listen: string;
  readonly upstream: Upstreams;
}

async function wanted(flags: ProxyFlags, http: Parameters<typeof connectApi>[0]): Promise<Wish> {
  if (flags['sidecar-for'] !== '') return { id: await sidecarFor(connectApi(http), flags['sidecar-for']) };
  if (flags['proxy-id'] !== '') return { id: flags['proxy-id'] };
  if (flags.service === '') {
    throw new CliError('-service or -proxy-id must be specified so that proxy can configure itself.');
  }
  const { defaults } = await import('../../proxy/config.ts');
  if (flags.listen !== '' && flags['service-addr'] === '') {
    throw new CliError('-service-addr must be specified with -listen so the proxy knows the backend service address.');
  }
  const inbound =
    flags.listen === ''
      ? null
      : {
          listen: placeOf(flags.listen, '0.0.0.0'),
          local: placeOf(flags['service-addr'], '127.0.0.1'),
          localConnectTimeoutMs: defaults.localConnectTimeoutMs,
          handshakeTimeoutMs: defaults.handshakeTimeoutMs,
        };
  const upstreams = Object.entries(flags.upstream).map(([name, listen]) => ({
    name,
    kind: 'service' as const,
    datacenter: '',
    listen: { host: listen.host || '127.0.0.1', port: listen.port },
    connectTimeoutMs: defaults.connectTimeoutMs,
  }));
  return { config: { service: flags.service, inbound, upstreams, exposed: [] } };
}

function placeOf(text: string, anywhere: string): HostPort {
  try {
    const { host, port } = parseHostPort(text);
    return { host: host || anywhere, port };
  } catch (error) {
    throw error instanceof AddressError ? new CliError(error.message) : error;
  }
}

async function preparing(wish: Promise<Wish>): Promise<Wish> {
  try {
    return await wish;
  } catch (error) {
    if (error instanceof CliError) throw new CliError(`==> Error preparing configuration: ${error.message}`);
    throw error;
  }
}

/** What it runs into is told; that it was interrupted is its ordinary end. */
async function explained(run: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await run;
  } catch (error) {
    if (!signal.aborted) throw new CliError(`==> ${messageOf(error)}`);
  }
}

function banner(flags: ProxyFlags, wish: Wish): string {
  const lines: (readonly [string, string])[] =
    'id' in wish
      ? [
          ['Configuration mode', 'Agent API'],
          ...(flags['sidecar-for'] === '' ? [] : [['Sidecar for ID', flags['sidecar-for']] as const]),
          ['Proxy ID', wish.id],
        ]
      : [
          ['Configuration mode', 'Flags'],
          ['Service', wish.config.service],
          ...wish.config.upstreams.map(
            ({ name, listen }) => ['Upstream', `${name} => ${listen.host}:${listen.port}`] as const,
          ),
          ['Public listener', inboundText(wish.config)],
        ];
  return lines.map(([name, value]) => `${name.padStart(22)}: ${value}\n`).join('');
}

const inboundText = ({ inbound }: ProxyConfig): string =>
  inbound === null
    ? 'Disabled'
    : `${inbound.listen.host}:${inbound.listen.port} => ${inbound.local.host}:${inbound.local.port}`;
