/** What the `acl` commands share: how things are found and how they are shown. */
import type { AclApi, AclLink, AclPolicy, AclRole, AclToken, NodeIdentity, ServiceIdentity } from '../client/acl.ts';
import { CliError } from './command.ts';
import { readData } from './data-argument.ts';
import { flag } from './flags.ts';
import { toJson, wantsJson } from './format.ts';
import { namespaceFlag } from './namespace.ts';

export const metaFlag = flag.bool('Print hash and indexes as well.');
/** These commands have had the flag from the start. */
export const aclFormatFlag = flag.string('How to print: pretty or json.', {
  initial: 'pretty',
  choices: ['pretty', 'json'],
});
export const shownFlags = { meta: metaFlag, format: aclFormatFlag, namespace: namespaceFlag };
export const policyLinkFlags = {
  'policy-id': flag.strings('Policy to link, by id.'),
  'policy-name': flag.strings('Policy to link, by name.'),
  'service-identity': flag.strings('Built-in policy for a service: NAME or NAME:DC1,DC2.'),
  'node-identity': flag.strings('Built-in policy for a node: NODE:DC.'),
};
export const roleLinkFlags = {
  'role-id': flag.strings('Role to link, by id.'),
  'role-name': flag.strings('Role to link, by name.'),
};

const anonymousId = '00000000-0000-0000-0000-000000000002';
const uuidLength = 36;

/** The whole id of something that was named by the beginning of its id. */
export async function complete(what: string, prefix: string, list: () => Promise<readonly string[]>): Promise<string> {
  if (prefix.length === uuidLength) return prefix;
  const found = (await list()).filter((id) => id.startsWith(prefix));
  if (found.length > 1) throw new Error(`Partial ${what} ID is not unique`);
  if (found.length === 0) throw new Error(`No such ${what} ID with prefix: ${prefix}`);
  return found[0]!;
}

export const policyId = (acl: AclApi, prefix: string): Promise<string> =>
  complete('policy', prefix, async () => (await acl.policies()).map(({ ID }) => ID));
export const roleId = (acl: AclApi, prefix: string): Promise<string> =>
  complete('role', prefix, async () => (await acl.roles()).map(({ ID }) => ID));
export const tokenId = (acl: AclApi, prefix: string): Promise<string> =>
  prefix === 'anonymous'
    ? Promise.resolve(anonymousId)
    : complete('token', prefix, async () => (await acl.tokens()).map(({ AccessorID }) => AccessorID));

export async function policyIdByName(acl: AclApi, name: string): Promise<string> {
  const policy = (await acl.policies()).find((one) => one.Name === name);
  if (policy === undefined) throw new Error(`No such policy with name ${name}`);
  return policy.ID;
}

export async function roleIdByName(acl: AclApi, name: string): Promise<string> {
  const role = await acl.roleByName(name);
  if (role === null) throw new Error(`No such role with name ${name}`);
  return role.ID;
}

/** Ends the command with what went wrong, whoever said it. */
export async function saying<T>(what: string, run: Promise<T>): Promise<T> {
  try {
    return await run;
  } catch (error) {
    // By name: questions are of another bundle.
    if ((error as Error).name === 'CliError') throw error;
    throw new CliError(`${what}: ${(error as Error).message}`, 1, error);
  }
}

/** Links as the flags give them. */
export async function policyLinks(
  acl: AclApi,
  flags: { readonly 'policy-id': readonly string[]; readonly 'policy-name': readonly string[] },
): Promise<Partial<AclLink>[]> {
  const links: Partial<AclLink>[] = flags['policy-name'].map((Name) => ({ Name }));
  for (const id of flags['policy-id']) {
    links.push({ ID: await saying('Error resolving policy ID ', policyId(acl, id)) });
  }
  return links;
}

export async function roleLinks(
  acl: AclApi,
  flags: { readonly 'role-id': readonly string[]; readonly 'role-name': readonly string[] },
): Promise<Partial<AclLink>[]> {
  const links: Partial<AclLink>[] = flags['role-name'].map((Name) => ({ Name }));
  for (const id of flags['role-id']) links.push({ ID: await saying('Error resolving role ID ', roleId(acl, id)) });
  return links;
}

export const serviceIdentities = (texts: readonly string[]): ServiceIdentity[] =>
  texts.map((text) => {
    const [ServiceName = '', datacenters, ...rest] = text.split(':');
    if (rest.length > 0) throw new CliError(`Malformed -service-identity argument: ${JSON.stringify(text)}`);
    return datacenters === undefined ? { ServiceName } : { ServiceName, Datacenters: datacenters.split(',') };
  });

export const nodeIdentities = (texts: readonly string[]): NodeIdentity[] =>
  texts.map((text) => {
    const [NodeName = '', Datacenter, ...rest] = text.split(':');
    if (Datacenter === undefined || rest.length > 0) {
      throw new CliError(`Malformed -node-identity argument: ${JSON.stringify(text)}`);
    }
    return { NodeName, Datacenter };
  });

/** Text that may stand in a file or on stdin; `failed` stands before what went wrong. */
export async function textOf(argument: string, io: { stdin(): Promise<Buffer> }, failed: string): Promise<string> {
  try {
    return (await readData(argument, io)).toString();
  } catch (error) {
    throw new CliError((error as Error).message.replace(/^Error! /, `${failed}: `));
  }
}

export interface Shown {
  readonly meta?: boolean;
  readonly format: string;
}

const lines = (rows: readonly string[]): string => rows.map((row) => `${row}\n`).join('');
const links = (title: string, list: readonly AclLink[] | undefined, indent = ''): string[] =>
  list === undefined || list.length === 0
    ? []
    : [`${indent}${title}:`, ...list.map(({ ID, Name }) => `${indent}   ${ID} - ${Name}`)];

function identities(of: Pick<AclRole, 'ServiceIdentities' | 'NodeIdentities'>, indent = ''): string[] {
  const rows: string[] = [];
  const { ServiceIdentities = [], NodeIdentities = [] } = of;
  if (ServiceIdentities.length > 0) rows.push(`${indent}Service Identities:`);
  for (const { ServiceName, Datacenters = [] } of ServiceIdentities) {
    rows.push(`${indent}   ${ServiceName} (Datacenters: ${Datacenters.length === 0 ? 'all' : Datacenters.join(', ')})`);
  }
  if (NodeIdentities.length > 0) rows.push(`${indent}Node Identities:`);
  for (const { NodeName, Datacenter } of NodeIdentities)
    rows.push(`${indent}   ${NodeName} (Datacenter: ${Datacenter})`);
  return rows;
}

const hexHash = (hash: string): string => Buffer.from(hash, 'base64').toString('hex');

const metaRows = (of: AclPolicy | AclRole, indent = ''): string[] => [
  `${indent}Hash:         ${hexHash(of.Hash)}`,
  `${indent}Create Index: ${of.CreateIndex}`,
  `${indent}Modify Index: ${of.ModifyIndex}`,
];

const policyJson = ({ ID, Name, Description, Rules, Datacenters, Hash, CreateIndex, ModifyIndex }: AclPolicy) => ({
  ...{ ID, Name, Description, ...(Rules !== undefined && { Rules }), Datacenters: Datacenters ?? null },
  ...{ Hash, CreateIndex, ModifyIndex },
});

export function policyText(policy: AclPolicy, { meta = false, format }: Shown): string {
  if (wantsJson(format)) return toJson(policyJson(policy));
  return lines([
    `ID:           ${policy.ID}`,
    `Name:         ${policy.Name}`,
    `Description:  ${policy.Description}`,
    `Datacenters:  ${(policy.Datacenters ?? []).join(', ')}`,
    ...(meta ? metaRows(policy) : []),
    'Rules:',
    policy.Rules ?? '',
  ]);
}

export function policiesText(policies: readonly AclPolicy[], { meta = false, format }: Shown): string {
  if (wantsJson(format)) return toJson(policies.map(policyJson));
  return lines(
    policies.flatMap((policy) => [
      `${policy.Name}:`,
      `   ID:           ${policy.ID}`,
      `   Description:  ${policy.Description}`,
      `   Datacenters:  ${(policy.Datacenters ?? []).join(', ')}`,
      ...(meta ? metaRows(policy, '   ') : []),
    ]),
  );
}

export function roleText(role: AclRole, { meta = false, format }: Shown): string {
  if (wantsJson(format)) return toJson(role);
  return lines([
    `ID:           ${role.ID}`,
    `Name:         ${role.Name}`,
    `Description:  ${role.Description}`,
    ...(meta ? metaRows(role) : []),
    ...links('Policies', role.Policies),
    ...identities(role),
  ]);
}

export function rolesText(roles: readonly AclRole[], { meta = false, format }: Shown): string {
  if (wantsJson(format)) return toJson(roles);
  return lines(
    roles.flatMap((role) => [
      `${role.Name}:`,
      `   ID:           ${role.ID}`,
      `   Description:  ${role.Description}`,
      ...(meta ? metaRows(role, '   ') : []),
      ...links('Policies', role.Policies, '   '),
      ...identities(role, '   '),
    ]),
  );
}

/** Times in Go's own notation. */
const goTime = (text: string): string => text.replace('T', ' ').replace(/Z$/, ' +0000 UTC');

const tokenJson = (token: AclToken, listed: boolean) => {
  const { CreateIndex, ModifyIndex, Legacy = false, ...rest } = token;
  const { ID: _, ...own } = rest as typeof rest & { readonly ID?: string };
  return { CreateIndex, ModifyIndex, ...own, ...(listed && { Legacy }) };
};

function tokenRows(token: AclToken, meta: boolean, listed: boolean): string[] {
  const rows = [
    `AccessorID:       ${token.AccessorID}`,
    `SecretID:         ${token.SecretID}`,
    `Description:      ${token.Description}`,
    `Local:            ${token.Local}`,
  ];
  if (token.AuthMethod) rows.push(`Auth Method:      ${token.AuthMethod}`);
  rows.push(`Create Time:      ${goTime(token.CreateTime)}`);
  if (token.ExpirationTime) rows.push(`Expiration Time:  ${goTime(token.ExpirationTime)}`);
  if (listed) rows.push(`Legacy:           ${token.Legacy ?? false}`);
  if (meta) {
    rows.push(`Hash:             ${hexHash(token.Hash)}`);
    rows.push(`Create Index:     ${token.CreateIndex}`, `Modify Index:     ${token.ModifyIndex}`);
  }
  rows.push(...links('Policies', token.Policies), ...links('Roles', token.Roles), ...identities(token));
  if (token.Rules) rows.push('Rules:', token.Rules);
  return rows;
}

export const tokenText = (token: AclToken, { meta = false, format }: Shown): string =>
  wantsJson(format) ? toJson(tokenJson(token, false)) : lines(tokenRows(token, meta, false));

export const tokensText = (tokens: readonly AclToken[], { meta = false, format }: Shown): string =>
  wantsJson(format)
    ? toJson(tokens.map((token) => tokenJson(token, true)))
    : tokens.map((token) => `${lines(tokenRows(token, meta, true))}\n`).join('');
