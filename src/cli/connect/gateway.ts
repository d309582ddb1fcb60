/** Registers a gateway with the agent: the Envoy that is started next is found by it. */

import { agentServicesApi } from '../../client/agent-services.ts';
import type { ConsulHttp } from '../../client/http.ts';
import { CliError, explain } from '../command.ts';
import { AddressError, type HostPort, parseHostPort } from './addresses.ts';

/** Kinds of gateways by the words for them in flags. */
export const gatewayKinds: Readonly<Record<string, string>> = {
  mesh: 'mesh-gateway',
  terminating: 'terminating-gateway',
  ingress: 'ingress-gateway',
};

export interface GatewayWish {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** `host:port`, '' where there is none. */
  readonly address: string;
  readonly wanAddress: string;
  /** Name -> `host:port`. */
  readonly bindAddresses: Readonly<Record<string, string>>;
  readonly exposeServers: boolean;
  /** Go notation. */
  readonly deregisterAfter: string;
}

const defaultPort = 8443;
const checkInterval = '10s';

export async function registerGateway(http: ConsulHttp, wish: GatewayWish): Promise<void> {
  const lan = wish.address === '' ? { host: '127.0.0.1', port: defaultPort } : place('address', wish.address);
  const tagged = {
    lan: { Address: lan.host, Port: lan.port },
    ...(wish.wanAddress !== '' && { wan: asAddress(place('wan-address', wish.wanAddress)) }),
  };
  const binds = Object.entries(wish.bindAddresses).map(([name, text]) => [
    name,
    asAddress(place('bind-address', text)),
  ]);
  const Config = {
    ...(binds.length > 0 && {
      envoy_gateway_no_default_bind: true,
      envoy_gateway_bind_addresses: Object.fromEntries(binds),
    }),
  };
  const service = {
    Kind: wish.kind,
    ID: wish.id,
    Name: wish.name,
    Address: lan.host,
    Port: lan.port,
    TaggedAddresses: tagged,
    ...(wish.exposeServers && { Meta: { 'consul-wan-federation': '1' } }),
    ...(binds.length > 0 && { Proxy: { Config } }),
    Check: {
      Name: `${wish.kind.replace('-gateway', '').replace(/^./, (first) => first.toUpperCase())} Gateway Listening`,
      TCP: `${lan.host.includes(':') ? `[${lan.host}]` : lan.host || '127.0.0.1'}:${lan.port}`,
      Interval: checkInterval,
      DeregisterCriticalServiceAfter: wish.deregisterAfter,
    },
  };
  await explain('Error registering service', agentServicesApi(http).register(service));
}

const asAddress = ({ host, port }: HostPort): object => ({ Address: host, Port: port });

function place(flag: string, text: string): HostPort {
  try {
    return parseHostPort(text);
  } catch (error) {
    if (error instanceof AddressError) throw new CliError(`Failed to parse the -${flag} parameter: ${error.message}`);
    throw error;
  }
}
