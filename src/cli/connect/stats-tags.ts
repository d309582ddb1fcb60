/** How Envoy finds, in the names of its statistics, what they are about. The name of a cluster is the SNI of the target. */

interface StatsTag {
  readonly tag_name: string;
  readonly regex?: string;
  readonly fixed_value?: string;
}

const part = '[^.]+';
/** service.namespace.datacenter.routing_type.trust_domain */
const names = ['service', 'namespace', 'datacenter', 'routing_type', 'trust_domain'] as const;

/** An expression for cluster names that picks out one part: Envoy takes the second group for the value. */
function clusterName(picked: string): string {
  const hash = picked === 'custom_hash' ? `(?:(${part})~)?` : `(?:${part}~)?`;
  const subset = picked === 'service_subset' ? `(?:(${part})\\.)?` : `(?:${part}\\.)?`;
  const all = names.map((name) => (name === picked ? `(${part})` : part));
  if (picked === 'target')
    return `((${hash}${subset}${all.slice(0, 3).join('\\.')})\\.${all.slice(3).join('\\.')}\\.consul\\.)`;
  if (picked === 'full_target') return `((${hash}${subset}${all.join('\\.')})\\.consul\\.)`;
  return `(${hash}${subset}${all.join('\\.')}\\.consul\\.)`;
}

const picked = ['custom_hash', 'service_subset', ...names, 'target', 'full_target'];

const destinations: readonly StatsTag[] = picked.map((name) => ({
  regex: `^cluster\\.(?:passthrough~)?${clusterName(name)}`,
  tag_name: `consul.destination.${name}`,
}));

const upstreams: readonly StatsTag[] = [
  { regex: `^(?:tcp|http)\\.upstream\\.((${part})(?:\\.${part})?\\.${part}\\.)`, tag_name: 'consul.upstream.service' },
  {
    regex: `^(?:tcp|http)\\.upstream\\.(${part}(?:\\.${part})?\\.(${part})\\.)`,
    tag_name: 'consul.upstream.datacenter',
  },
  {
    regex: `^(?:tcp|http)\\.upstream\\.(${part}(?:\\.(${part}))?\\.${part}\\.)`,
    tag_name: 'consul.upstream.namespace',
  },
];

/** Names of before Consul 1.9. */
const older: readonly StatsTag[] = picked.map((name) => ({
  regex: `^cluster\\.${clusterName(name)}`,
  tag_name: `consul.${name}`,
}));

export interface Source {
  readonly service: string;
  readonly namespace: string;
  readonly datacenter: string;
}

export const statsTags = ({ service, namespace, datacenter }: Source, withOlder: boolean): readonly StatsTag[] => [
  ...destinations,
  ...upstreams,
  ...(withOlder ? older : []),
  { tag_name: 'local_cluster', fixed_value: service },
  { tag_name: 'consul.source.service', fixed_value: service },
  { tag_name: 'consul.source.namespace', fixed_value: namespace },
  { tag_name: 'consul.source.datacenter', fixed_value: datacenter },
];
