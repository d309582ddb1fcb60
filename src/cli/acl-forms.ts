/**
 * Guided forms: `acl token create` and `acl policy create` without flags ask for them, show the rules and the command that does
 * the same, and go on as if it had been typed. For whoever sits at a terminal.
 */
import type { AclApi, AclPolicy } from '../client/acl.ts';
import { shellWord } from './shell-word.ts';

/** Questions; a cancelled one throws. */
export interface Questions {
  text(message: string, check?: (answer: string) => string | null): Promise<string>;
  one<T>(message: string, choices: readonly Choice<T>[]): Promise<T>;
  some<T>(message: string, choices: readonly Choice<T>[]): Promise<T[]>;
  yes(message: string): Promise<boolean>;
}

export interface Choice<T> {
  readonly value: T;
  readonly name: string;
}

/** Flags by name, as they would be given. */
export interface Filled {
  readonly texts: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly switches: readonly string[];
}

/** The command that says the same. */
export function commandLine(words: string, { texts, lists, switches }: Filled): string {
  const pairs = [
    ...Object.entries(texts).filter(([, value]) => value !== ''),
    ...Object.entries(lists).flatMap(([name, values]) => values.map((value) => [name, value] as const)),
  ];
  const flags = [
    ...pairs.map(([name, value]) => `-${name}=${shellWord(value)}`),
    ...switches.map((name) => `-${name}`),
  ];
  return ['tc', words, ...flags].join(' ');
}

const indented = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((row) => `   ${row}\n`)
    .join('');

const preview = (rules: string, command: string): string =>
  `\nRules:\n\n${indented(rules)}\nThe same as a command:\n\n   ${command}\n\n`;

const identityRules = {
  service: (name: string): string => `service "${name}" { policy = "write" }
service "${name}-sidecar-proxy" { policy = "write" }
service_prefix "" { policy = "read" }
node_prefix "" { policy = "read" }`,
  node: (name: string): string => `node "${name}" { policy = "write" }
service_prefix "" { policy = "read" }`,
};

const lowerName = /^[a-z0-9]([a-z0-9\-_]*[a-z0-9])?$/;
const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');
const badName = (names: readonly string[]): string | null => {
  const bad = names.find((name) => !lowerName.test(name));
  return bad === undefined ? null : `${bad}: lower-case letters, digits, - and _ only`;
};
const ttl = /^(\d+(\.\d+)?(h|m|s))+$/;

/** Null when it was thought better of. */
export async function tokenForm(acl: AclApi, ask: Questions, show: (text: string) => void): Promise<Filled | null> {
  const [all, roles] = await Promise.all([acl.policies(), acl.roles()]);
  // What may do everything is not what the first keystroke picks.
  const isAll = ({ Name }: AclPolicy): boolean => Name === 'global-management';
  const policies = [...all.filter((one) => !isAll(one)), ...all.filter(isAll)];
  const description = await ask.text('What is the token for?');
  const named = <T extends { readonly Name: string; readonly Description: string }>(rows: readonly T[]) =>
    rows.map((one) => ({ value: one, name: one.Description === '' ? one.Name : `${one.Name} - ${one.Description}` }));
  const chosenPolicies = policies.length === 0 ? [] : await ask.some('Policies', named(policies));
  const chosenRoles = roles.length === 0 ? [] : await ask.some('Roles', named(roles));
  const services = words(await ask.text('Services it stands for (names, or nothing)', (text) => badName(words(text))));
  const nodes = words(
    await ask.text('Nodes it stands for (NODE:DATACENTER, or nothing)', (text) => {
      const all = words(text);
      if (all.some((word) => word.split(':').length !== 2)) return 'NODE:DATACENTER';
      return badName(all.map((word) => word.split(':')[0]!));
    }),
  );
  if (chosenPolicies.length + chosenRoles.length + services.length + nodes.length === 0) {
    show('\nA token without policies, roles and identities could do nothing: none was made.\n');
    return null;
  }
  const isTtl = (text: string): string | null => (text === '' || ttl.test(text) ? null : 'as in 8h or 90m');
  const expires = await ask.text('Valid for how long (1m to 24h; nothing: for good)', isTtl);
  const isLocal = await ask.yes('Only in this datacenter?');
  const filled: Filled = {
    texts: { description, 'expires-ttl': expires },
    lists: {
      'policy-name': chosenPolicies.map(({ Name }) => Name),
      'role-name': chosenRoles.map(({ Name }) => Name),
      'service-identity': services,
      'node-identity': nodes,
    },
    switches: isLocal ? ['local'] : [],
  };
  const linked = await Promise.all(chosenPolicies.map(({ ID }) => acl.policy(ID)));
  const rules = [
    ...linked.map(({ Name, Rules = '' }) => `# policy ${Name}\n${Rules.trim()}`),
    ...chosenRoles.map(({ Name, Policies = [] }) => `# role ${Name}: ${Policies.map((one) => one.Name).join(', ')}`),
    ...services.map((name) => `# service identity ${name}\n${identityRules.service(name)}`),
    ...nodes.map((node) => `# node identity ${node}\n${identityRules.node(node.split(':')[0]!)}`),
  ];
  show(preview(rules.join('\n\n'), commandLine('acl token create', filled)));
  return (await ask.yes('Create this token?')) ? filled : null;
}

interface Ruled {
  readonly resource: string;
  readonly what: string;
  /** There is one of it: it has no name. */
  readonly single?: true;
  readonly list?: true;
}

const resources: readonly Ruled[] = [
  { resource: 'key', what: 'keys of the KV store', list: true },
  { resource: 'service', what: 'services' },
  { resource: 'node', what: 'nodes' },
  { resource: 'session', what: 'sessions, by node' },
  { resource: 'agent', what: 'agents, by node' },
  { resource: 'event', what: 'user events' },
  { resource: 'query', what: 'prepared queries' },
  { resource: 'operator', what: 'operation of the cluster', single: true },
  { resource: 'keyring', what: 'gossip keys', single: true },
  { resource: 'acl', what: 'the ACL system itself', single: true },
];

const levelsOf = ({ list }: Ruled): Choice<string>[] => [
  { value: 'read', name: 'read' },
  ...(list === true ? [{ value: 'list', name: 'list - read, and list keys below a prefix' }] : []),
  { value: 'write', name: 'write - read and change' },
  { value: 'deny', name: 'deny' },
];

async function oneRule(ask: Questions): Promise<string> {
  const rows = resources.map((one) => ({ value: one, name: `${one.resource} - ${one.what}` }));
  const ruled = await ask.one('What is the rule about?', rows);
  const { resource, single } = ruled;
  if (single === true) return `${resource} = "${await ask.one('What may be done?', levelsOf(ruled))}"`;
  const isPrefix = await ask.one(`Which ${resource}?`, [
    { value: true, name: 'all that begin with ...' },
    { value: false, name: 'the one that is called ...' },
  ]);
  const needsName = (text: string): string | null => (text === '' && !isPrefix ? 'it has a name' : null);
  const name = await ask.text(isPrefix ? 'Beginning of the name (nothing: all)' : 'Name', needsName);
  const level = await ask.one('What may be done?', levelsOf(ruled));
  return `${resource}${isPrefix ? '_prefix' : ''} ${JSON.stringify(name)} {\n  policy = "${level}"\n}`;
}

const policyName = /^[A-Za-z0-9\-_]{1,128}$/;

/** Null when it was thought better of. */
export async function policyForm(ask: Questions, show: (text: string) => void): Promise<Filled | null> {
  const isName = (text: string): string | null => (policyName.test(text) ? null : 'letters, digits, - and _ only');
  const name = await ask.text('Name of the policy', isName);
  const description = await ask.text('What is it for?');
  const rules: string[] = [];
  do rules.push(await oneRule(ask));
  while (await ask.yes('Another rule?'));
  const filled: Filled = { texts: { name, description, rules: rules.join('\n') }, lists: {}, switches: [] };
  show(preview(rules.join('\n'), commandLine('acl policy create', filled)));
  return (await ask.yes('Create this policy?')) ? filled : null;
}
