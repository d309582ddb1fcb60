/** Identities of the mesh (SPIFFE): the URI in a certificate that says whom it is for. */

export interface ServiceIdentity {
  readonly kind: 'service';
  readonly trustDomain: string;
  readonly namespace: string;
  readonly datacenter: string;
  readonly service: string;
}

/** An agent that got its certificate from the servers. */
export interface AgentIdentity {
  readonly kind: 'agent';
  readonly trustDomain: string;
  readonly datacenter: string;
  readonly node: string;
}

/** The trust domain itself: roots and intermediates. */
export interface AuthorityIdentity {
  readonly kind: 'authority';
  readonly trustDomain: string;
}

export type Identity = ServiceIdentity | AgentIdentity | AuthorityIdentity;

/** Under which name the certificates of a cluster are issued. */
export const trustDomainOf = (clusterId: string): string => `${clusterId}.consul`;

const service = /^\/ns\/([^/]+)\/dc\/([^/]+)\/svc\/([^/]+)$/;
const agent = /^\/agent\/client\/dc\/([^/]+)\/id\/([^/]+)$/;

/** Null for an URI of something else. */
export function parseIdentity(uri: string): Identity | null {
  const url = URL.canParse(uri) ? new URL(uri) : null;
  if (url === null || url.protocol !== 'spiffe:') return null;
  const trustDomain = url.host;
  try {
    const [, namespace, inDatacenter, name] = service.exec(url.pathname) ?? [];
    if (name !== undefined) {
      return {
        kind: 'service',
        trustDomain,
        namespace: decodeURIComponent(namespace!),
        datacenter: decodeURIComponent(inDatacenter!),
        service: decodeURIComponent(name),
      };
    }
    const [, datacenter, node] = agent.exec(url.pathname) ?? [];
    if (node !== undefined) {
      return {
        kind: 'agent',
        trustDomain,
        datacenter: decodeURIComponent(datacenter!),
        node: decodeURIComponent(node),
      };
    }
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
  return url.pathname === '' ? { kind: 'authority', trustDomain } : null;
}

export function formatIdentity(identity: Identity): string {
  const path = encodeURIComponent;
  switch (identity.kind) {
    case 'service': {
      const { namespace, datacenter } = identity;
      return `spiffe://${identity.trustDomain}/ns/${path(namespace)}/dc/${path(datacenter)}/svc/${path(identity.service)}`;
    }
    case 'agent':
      return `spiffe://${identity.trustDomain}/agent/client/dc/${path(identity.datacenter)}/id/${path(identity.node)}`;
    case 'authority':
      return `spiffe://${identity.trustDomain}`;
  }
}

const maxCommonName = 64;
const shortDomain = (trustDomain: string): string => trustDomain.slice(0, 8);
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');

/** What stands as the name in a certificate, for people: `web.svc.default.87906318.consul`. */
export function commonName(identity: ServiceIdentity | AgentIdentity): string {
  const domain = shortDomain(identity.trustDomain);
  const [name, suffix] =
    identity.kind === 'service'
      ? [identity.service, `.svc.${plain(identity.namespace)}.${domain}.consul`]
      : [identity.node, `.agnt.${plain(identity.datacenter)}.${domain}.consul`];
  return `${plain(name).slice(0, Math.max(1, maxCommonName - suffix.length))}${suffix}`.slice(0, maxCommonName);
}

/** Of a root (`pri`) or an intermediate (`sec`): `pri-4zmkkrf.consul.ca.87906318.consul`. `unique`: seven letters and digits. */
export const authorityName = (role: 'pri' | 'sec', unique: string, trustDomain: string): string =>
  `${role}-${unique}.consul.ca.${shortDomain(trustDomain)}.consul`;
