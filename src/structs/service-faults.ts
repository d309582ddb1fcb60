/** What a service may not say of itself, with the words in which it is told. Null, or an empty list: nothing is wrong. */
import type { ConnectProxyConfig, NodeService, Upstream } from './catalog.ts';

const maxMetaPairs = 64;
const maxMetaKeyLength = 128;
const maxMetaValueLength = 512;
const maxWeight = 65_535;

const gatewayKinds: ReadonlySet<string> = new Set(['mesh-gateway', 'terminating-gateway', 'ingress-gateway']);

/** An address that means "any": nobody could connect to it. */
export const isAnyAddress = (address: string): boolean =>
  address === '0.0.0.0' || address === '::' || address === '[::]';

/** A list of faults as one text, in the form of Go's multierror. */
export function faultList(faults: readonly string[]): string | null {
  if (faults.length === 0) return null;
  const count = faults.length === 1 ? '1 error' : `${faults.length} errors`;
  return `${count} occurred:\n${faults.map((fault) => `\t* ${fault}\n`).join('')}\n`;
}

/** Gateways announce some metadata of their own under `consul-`. */
export function serviceMetaFault({ Kind, Meta }: Pick<NodeService, 'Kind' | 'Meta'>): string | null {
  const pairs = Object.entries(Meta ?? {});
  if (pairs.length > maxMetaPairs) return `Node metadata cannot contain more than ${maxMetaPairs} key/value pairs`;
  for (const [key, value] of pairs) {
    const fault = metaPairFault(key, value, gatewayKinds.has(Kind));
    if (fault !== null) return `Couldn't load metadata pair ('${key}', '${value}'): ${fault}`;
  }
  return null;
}

function metaPairFault(key: string, value: string, reservedAllowed: boolean): string | null {
  if (key === '') return 'Key cannot be blank';
  if (!/^[a-zA-Z0-9_-]+$/.test(key)) return 'Key contains invalid characters';
  if (key.length > maxMetaKeyLength) return `Key is too long (limit: ${maxMetaKeyLength} characters)`;
  if (!reservedAllowed && key.startsWith('consul-')) return `Key prefix 'consul-' is reserved for internal use`;
  if (value.length > maxMetaValueLength) return `Value is too long (limit: ${maxMetaValueLength} characters)`;
  return null;
}

export function weightsFault({ Weights }: Pick<NodeService, 'Weights'>): string | null {
  if (Weights === null) return null;
  if (Weights.Passing < 1) return 'Passing must be greater than 0';
  if (Weights.Warning < 0) return 'Warning must be greater or equal than 0';
  if (Weights.Passing > maxWeight || Weights.Warning > maxWeight) return 'DNS Weight must be between 0 and 65535';
  return null;
}

/** What is wrong with a proxy or gateway. */
export function kindFaults(service: NodeService): string[] {
  const { Kind, Proxy: proxy, Connect } = service;
  const faults: string[] = [];
  if (Kind === 'connect-proxy') faults.push(...proxyFaults(service));
  if (Kind === 'mesh-gateway' && service.Port === 0) faults.push('Port must be non-zero for a mesh-gateway');
  if (Kind === 'terminating-gateway' && service.Port === 0) {
    faults.push('Port must be non-zero for a terminating-gateway');
  }
  if (gatewayKinds.has(Kind)) {
    if (Connect.SidecarService !== null) faults.push(`A ${Kind} cannot have a sidecar service defined`);
    for (const name of unusedByGateways(proxy)) {
      faults.push(`The Proxy.${name} configuration is invalid for a ${Kind}`);
    }
  }
  const sidecar = Connect.SidecarService;
  if (sidecar !== null) {
    if (sidecar.ID !== '') faults.push('A SidecarService cannot specify an ID as this is managed by the agent');
    if (sidecar.Connect !== null && sidecar.Connect.SidecarService !== null) {
      faults.push('A SidecarService cannot have a nested SidecarService');
    }
  }
  return faults;
}

function proxyFaults({ Proxy: proxy, Port, SocketPath, Connect }: NodeService): string[] {
  const faults: string[] = [];
  if (proxy.DestinationServiceName === '') {
    faults.push('Proxy.DestinationServiceName must be non-empty for Connect proxy services');
  }
  if (proxy.DestinationServiceName === '*') {
    faults.push('Proxy.DestinationServiceName must not be a wildcard for Connect proxy services');
  }
  if (Port === 0 && SocketPath === '') faults.push('Port or SocketPath must be set for a Connect proxy');
  if (Connect.Native) faults.push('A Proxy cannot also be Connect Native, only typical services');
  return [...faults, ...upstreamFaults(proxy.Upstreams ?? [])];
}

function upstreamFaults(upstreams: readonly Upstream[]): string[] {
  const faults: string[] = [];
  const taken = new Set<string>();
  for (const upstream of upstreams) {
    if (upstream.DestinationName === '') {
      faults.push('upstream destination name cannot be empty');
      continue;
    }
    if (upstream.LocalBindPort === 0 && upstream.LocalBindSocketPath === '') {
      faults.push('upstream local bind port or local socket path must be defined and nonzero');
      continue;
    }
    const place =
      upstream.LocalBindSocketPath || `${upstream.LocalBindAddress || '127.0.0.1'}:${upstream.LocalBindPort}`;
    if (taken.has(place)) {
      faults.push(
        `upstreams cannot contain duplicates by local bind address and port or unix path; "${place}" is specified twice`,
      );
    }
    taken.add(place);
  }
  return faults;
}

function unusedByGateways(proxy: ConnectProxyConfig): string[] {
  const texts = ['DestinationServiceName', 'DestinationServiceID', 'LocalServiceAddress'] as const;
  const names: string[] = texts.filter((name) => proxy[name] !== '');
  if (proxy.LocalServicePort !== 0) names.push('LocalServicePort');
  if (proxy.LocalServiceSocketPath !== '') names.push('LocalServiceSocketPath');
  if ((proxy.Upstreams ?? []).length > 0) names.push('Upstreams');
  return names;
}
