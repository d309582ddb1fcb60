/** What a node or service may not say when it registers. Null means: nothing wrong. */
import type { NodeService } from '../../../structs/catalog.ts';

export function nodeFault(name: string, id: string): string | null {
  if (name === '') return 'Must provide node';
  return id === '' ? null : idFault(id);
}

function idFault(id: string): string | null {
  if (id.length !== 36) return 'Bad node ID: uuid string is wrong length';
  if (/^.{8}-.{4}-.{4}-.{4}-.{12}$/.test(id) && /^[0-9a-f-]+$/i.test(id)) return null;
  return 'Bad node ID: uuid is improperly formatted';
}

export function serviceFault(service: NodeService): string | null {
  const faults = kindFaults(service);
  if (faults.length > 0) {
    const count = faults.length === 1 ? '1 error' : `${faults.length} errors`;
    return `${count} occurred:\n${faults.map((fault) => `\t* ${fault}\n`).join('')}\n`;
  }
  if (service.ID !== '' && service.Service === '') return 'Must provide service name with ID';
  return isAnyAddress(service.Address) ? 'Invalid service address' : null;
}

const isAnyAddress = (address: string): boolean => address === '0.0.0.0' || address === '::' || address === '[::]';

function kindFaults(service: NodeService): string[] {
  const faults: string[] = [];
  const { Kind, Proxy: proxy, Port } = service;
  if (Kind === 'connect-proxy') {
    if (proxy.DestinationServiceName === '') {
      faults.push('Proxy.DestinationServiceName must be non-empty for Connect proxy services');
    }
    if (proxy.DestinationServiceName === '*') {
      faults.push('Proxy.DestinationServiceName must not be a wildcard for Connect proxy services');
    }
    if (Port === 0 && service.SocketPath === '') faults.push('Port or SocketPath must be set for a Connect proxy');
    if (service.Connect.Native) faults.push('A Proxy cannot also be Connect Native, only typical services');
  }
  if (Kind === 'mesh-gateway' && Port === 0) faults.push('Port must be non-zero for a mesh-gateway');
  if (Kind === 'terminating-gateway' && Port === 0) faults.push('Port must be non-zero for a terminating-gateway');
  if (Kind === 'mesh-gateway' || Kind === 'terminating-gateway' || Kind === 'ingress-gateway') {
    if (service.Connect.SidecarService !== null) faults.push(`A ${Kind} cannot have a sidecar service defined`);
    const texts = ['DestinationServiceName', 'DestinationServiceID', 'LocalServiceAddress'] as const;
    for (const name of texts) {
      if (proxy[name] !== '') faults.push(`The Proxy.${name} configuration is invalid for a ${Kind}`);
    }
    if (proxy.LocalServicePort !== 0) faults.push(`The Proxy.LocalServicePort configuration is invalid for a ${Kind}`);
    if ((proxy.Upstreams ?? []).length > 0) faults.push(`The Proxy.Upstreams configuration is invalid for a ${Kind}`);
  }
  return faults;
}
