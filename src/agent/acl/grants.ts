/** What a token is allowed, from the token and the rows it links to: by tables, or by what servers answered. */
import type { ACLPolicy, ACLRole, ACLToken } from '../../structs/acl.ts';
import { type Authorizer, createAuthorizer, type Fallback } from './authorizer.ts';
import { globalManagementId, nodeIdentityRules, serviceIdentityRules } from './identities.ts';
import { parseRules, type Rules, RulesError } from './rules.ts';

/** Where linked rows are found; a link to nothing grants nothing. */
export interface Links {
  policy(id: string): ACLPolicy | undefined;
  role(id: string): ACLRole | undefined;
}

export interface GrantOptions {
  readonly datacenter: string;
  readonly fallback: Fallback;
}

/** Rows are never changed, so their rules are parsed once. */
const parsed = new WeakMap<ACLPolicy, Rules>();
const nothing: Rules = { single: {}, named: [] };

/** Rules are checked before they are stored; what is wrong nevertheless grants nothing. */
function lenient(text: string, syntax: 'current' | 'legacy'): Rules {
  try {
    return parseRules(text, syntax);
  } catch (error) {
    if (error instanceof RulesError) return nothing;
    throw error;
  }
}

function rulesOf(policy: ACLPolicy): Rules {
  let rules = parsed.get(policy);
  if (rules === undefined) {
    rules = lenient(policy.Rules, 'current');
    parsed.set(policy, rules);
  }
  return rules;
}

const holdsIn = (datacenters: readonly string[] | null | undefined, datacenter: string): boolean =>
  datacenters === null || datacenters === undefined || datacenters.length === 0 || datacenters.includes(datacenter);

/** Rules, and by which way a token has them: `role "r"`, `policy "p"`. */
export interface Source {
  readonly from: readonly string[];
  readonly rules: Rules;
  /** The built-in policy that allows everything. */
  readonly manages: boolean;
}

export function sourcesOf(token: ACLToken, links: Links, datacenter: string): Source[] {
  const sources: Source[] = [];
  const add = (from: readonly string[], rules: Rules, manages = false): void => {
    sources.push({ from, rules, manages });
  };
  const grant = (
    of: Pick<ACLToken, 'Policies' | 'ServiceIdentities' | 'NodeIdentities'>,
    by: readonly string[],
  ): void => {
    for (const { ID } of of.Policies ?? []) {
      const policy = links.policy(ID);
      if (policy === undefined || !holdsIn(policy.Datacenters, datacenter)) continue;
      add([...by, `policy "${policy.Name}"`], rulesOf(policy), ID === globalManagementId);
    }
    for (const identity of of.ServiceIdentities ?? []) {
      if (!holdsIn(identity.Datacenters, datacenter)) continue;
      add([...by, `service identity "${identity.ServiceName}"`], serviceIdentityRules(identity));
    }
    for (const identity of of.NodeIdentities ?? []) {
      if (identity.Datacenter !== datacenter) continue;
      add([...by, `node identity "${identity.NodeName}"`], nodeIdentityRules(identity));
    }
  };
  if (token.Rules !== '') add(['rules of its own'], lenient(token.Rules, 'legacy'));
  grant(token, []);
  for (const { ID } of token.Roles ?? []) {
    const role = links.role(ID);
    if (role !== undefined) grant(role, [`role "${role.Name}"`]);
  }
  return sources;
}

export function authorizerOf(token: ACLToken, links: Links, { datacenter, fallback }: GrantOptions): Authorizer {
  if (token.Type === 'management') return createAuthorizer([], 'manage', token.AccessorID);
  const sources = sourcesOf(token, links, datacenter);
  // A token that manages and has no other rules that might refuse something need not be asked rule by rule.
  const [first] = sources;
  if (first?.manages === true && sources.length === 1) return createAuthorizer([], 'manage', token.AccessorID);
  const all = sources.map(({ rules }) => rules);
  return createAuthorizer(all, fallback, token.AccessorID);
}
