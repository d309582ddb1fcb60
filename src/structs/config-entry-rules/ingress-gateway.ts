/** Listeners for traffic from outside the mesh. */
import { goQuote } from '../../lib/go-format.ts';
import type { IngressGatewayConfigEntry, IngressListener } from '../config-entry.ts';
import { type EntryRules, firstFault } from './rules.ts';

const protocols = ['tcp', 'http', 'http2', 'grpc'];
const hostName =
  /^(?:\*\.)?(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d+)?$/;

export const ingressRules: EntryRules<IngressGatewayConfigEntry> = {
  normalize: (entry) => ({
    ...entry,
    Listeners:
      entry.Listeners?.map((listener) => ({ ...listener, Protocol: (listener.Protocol || 'tcp').toLowerCase() })) ??
      null,
  }),
  fault({ Listeners, TLS }) {
    const ports = new Set<number>();
    return firstFault(Listeners, (listener) => {
      if (ports.has(listener.Port)) return `port ${listener.Port} declared on two listeners`;
      ports.add(listener.Port);
      return listenerFault(listener, TLS.Enabled);
    });
  },
};

function listenerFault({ Port, Protocol, Services }: IngressListener, tls: boolean): string | null {
  const services = Services ?? [];
  const at = `(listener on port ${Port})`;
  if (!protocols.includes(Protocol)) {
    return `protocol must be 'tcp', 'http', 'http2', or 'grpc'. '${Protocol}' is an unsupported protocol`;
  }
  if (services.length === 0) return `No service declared for listener with port ${Port}`;
  if (Protocol === 'tcp' && services.length > 1) {
    return `Multiple services per listener are only supported for protocol = 'http' ${at}`;
  }
  const names = new Set<string>();
  const hosts = new Set<string>();
  return firstFault(services, ({ Name, Hosts }) => {
    if (Name === '') return `Service name cannot be blank ${at}`;
    if (Name === '*' && Protocol !== 'http') return `Wildcard service name is only valid for protocol = 'http' ${at}`;
    if (names.has(Name)) return `Service ${Name} cannot be added multiple times ${at}`;
    names.add(Name);
    const own = Hosts ?? [];
    if (own.length > 0 && Name === '*') return `Associating hosts to a wildcard service is not supported ${at}`;
    if (own.length > 0 && Protocol === 'tcp') {
      return `Associating hosts to a service is not supported for the tcp protocol ${at}`;
    }
    return firstFault(own, (host) => {
      if (host === '*' && tls) {
        return "Host '*' is not allowed when TLS is enabled, all hosts must be valid DNS records to add as a DNSSAN";
      }
      if (host !== '*' && !hostName.test(host)) return `Host ${goQuote(host)} must be a valid DNS hostname`;
      if (hosts.has(host)) return `Hosts must be unique within a specific listener ${at}`;
      hosts.add(host);
      return null;
    });
  });
}
