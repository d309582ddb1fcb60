/** How the instances of a service are found. */
import { formatDuration } from '../../lib/duration.ts';
import { goQuote } from '../../lib/go-format.ts';
import type {
  HashPolicy,
  LoadBalancer,
  ServiceResolverConfigEntry,
  ServiceResolverFailover,
} from '../discovery-chain.ts';
import { type EntryRules, firstFault } from './rules.ts';

const subsetName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const subsetNameRule =
  "must be 63 characters or fewer, begin or end with lower case alphanumeric characters, and contain lower case alphanumeric characters or '-' in between";

export const resolverRules: EntryRules<ServiceResolverConfigEntry> = {
  normalize: (entry) => entry,
  fault(entry) {
    const subsets = entry.Subsets ?? {};
    for (const name of Object.keys(subsets)) {
      if (name === '') return 'Subset defined with empty name';
      if (!subsetName.test(name)) return `Subset ${goQuote(name)} is invalid: ${subsetNameRule}`;
    }
    const isSubset = (name: string): boolean => Object.hasOwn(subsets, name);
    if (entry.DefaultSubset !== '' && !isSubset(entry.DefaultSubset)) {
      return `DefaultSubset ${goQuote(entry.DefaultSubset)} is not a valid subset`;
    }
    return (
      redirectFault(entry, isSubset) ??
      failoverFaults(entry, isSubset) ??
      (entry.ConnectTimeout < 0
        ? `Bad ConnectTimeout '${formatDuration(entry.ConnectTimeout)}', must be >= 0`
        : loadBalancerFault(entry.LoadBalancer))
    );
  },
};

type IsSubset = (name: string) => boolean;

function redirectFault({ Name, Redirect }: ServiceResolverConfigEntry, isSubset: IsSubset): string | null {
  if (Redirect === null) return null;
  const { Service, ServiceSubset, Namespace, Datacenter } = Redirect;
  if (Service === '' && ServiceSubset === '' && Namespace === '' && Datacenter === '') return 'Redirect is empty';
  if (Service === '') {
    if (ServiceSubset !== '') return 'Redirect.ServiceSubset defined without Redirect.Service';
    if (Namespace !== '') return 'Redirect.Namespace defined without Redirect.Service';
    return null;
  }
  if (Service === Name && ServiceSubset !== '' && !isSubset(ServiceSubset)) {
    return `Redirect.ServiceSubset ${goQuote(ServiceSubset)} is not a valid subset of ${goQuote(Service)}`;
  }
  return null;
}

function failoverFaults(entry: ServiceResolverConfigEntry, isSubset: IsSubset): string | null {
  for (const [subset, failover] of Object.entries(entry.Failover ?? {})) {
    const fault = failoverFault(entry.Name, subset, failover, isSubset);
    if (fault !== null) return `Bad Failover[${goQuote(subset)}]${fault}`;
  }
  return null;
}

function failoverFault(
  name: string,
  subset: string,
  failover: ServiceResolverFailover,
  isSubset: IsSubset,
): string | null {
  const { Service, ServiceSubset, Namespace, Datacenters } = failover;
  if (subset !== '*' && !isSubset(subset)) return ': not a valid subset';
  const datacenters = Datacenters ?? [];
  if (Service === '' && ServiceSubset === '' && Namespace === '' && datacenters.length === 0) {
    return ' one of Service, ServiceSubset, Namespace, or Datacenters is required';
  }
  if (ServiceSubset !== '' && (Service === '' || Service === name) && !isSubset(ServiceSubset)) {
    return `.ServiceSubset ${goQuote(ServiceSubset)} is not a valid subset of ${goQuote(Service)}`;
  }
  return datacenters.includes('') ? '.Datacenters: found empty datacenter' : null;
}

const policies = ['', 'random', 'round_robin', 'least_request', 'ring_hash', 'maglev'];
const hashPolicies = ['ring_hash', 'maglev'];
const hashFields = ['', 'header', 'cookie', 'query_parameter'];

function loadBalancerFault(balancer: LoadBalancer | null): string | null {
  if (balancer === null) return null;
  const { Policy, RingHashConfig, LeastRequestConfig, HashPolicies } = balancer;
  const policy = goQuote(Policy);
  if (!policies.includes(Policy)) return `Bad LoadBalancer policy: ${policy} is not supported`;
  const misplaced = (name: string): string =>
    `Bad LoadBalancer configuration. ${name} specified for incompatible load balancing policy ${policy}`;
  if (Policy !== 'ring_hash' && RingHashConfig !== null) return misplaced('RingHashConfig');
  if (Policy !== 'least_request' && LeastRequestConfig !== null) return misplaced('LeastRequestConfig');
  if (!hashPolicies.includes(Policy) && (HashPolicies ?? []).length > 0) {
    return `Bad LoadBalancer configuration: HashPolicies specified for non-hash-based Policy: ${policy}`;
  }
  return firstFault(HashPolicies, (one, i) => {
    const fault = hashPolicyFault(one);
    return fault === null ? null : `Bad LoadBalancer HashPolicy[${i}]: ${fault}`;
  });
}

function hashPolicyFault({ Field, FieldValue, SourceIP, CookieConfig }: HashPolicy): string | null {
  if (!hashFields.includes(Field)) return `${goQuote(Field)} is not a supported field`;
  if (SourceIP && Field !== '') return `A single hash policy cannot hash both a source address and a ${goQuote(Field)}`;
  if (SourceIP && FieldValue !== '') return 'A FieldValue cannot be specified when hashing SourceIP';
  if (Field !== '' && FieldValue === '') return `Field ${goQuote(Field)} was specified without a FieldValue`;
  if (FieldValue !== '' && Field === '') return 'FieldValue requires a Field to apply to';
  if (CookieConfig === null) return null;
  if (Field !== 'cookie') return `cookie_config provided for ${goQuote(Field)}`;
  return CookieConfig.Session && CookieConfig.TTL !== 0 ? 'a session cookie cannot have an associated TTL' : null;
}
