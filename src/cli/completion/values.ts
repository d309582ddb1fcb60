/** Values that the agent knows, one function a kind. Answers are kept for a few seconds: keys are pressed in a row. */
import { aclApi } from '../../client/acl.ts';
import { agentApi } from '../../client/agent.ts';
import { agentServicesApi } from '../../client/agent-services.ts';
import { catalogApi } from '../../client/catalog.ts';
import { configApi } from '../../client/config.ts';
import type { ConsulHttp, QueryOptions } from '../../client/http.ts';
import { kvApi } from '../../client/kv.ts';
import { operatorApi } from '../../client/operator.ts';
import { sessionApi } from '../../client/session.ts';
import { configEntryKinds } from '../../structs/config-entry.ts';
import type { Candidate, CommandLine } from './complete.ts';
import type { Kind } from './kinds.ts';
import { shells } from './scripts.ts';

interface Asking {
  readonly http: ConsulHttp;
  /** Of keys: the folder they are in. */
  readonly folder: string;
  readonly options: QueryOptions;
  readonly line: CommandLine;
}

/** More than a screen holds helps nobody. */
const mostCandidates = 500;

const words = (list: readonly string[]): Candidate[] => list.map((word) => ({ word, about: '' }));
const short = (text: string): string => text.split('\n')[0]!.slice(0, 60);

const sources: Readonly<Record<Exclude<Kind, 'file' | 'data'>, (asking: Asking) => Promise<Candidate[]>>> = {
  'auth-method': async ({ http }) =>
    (await aclApi(http).authMethods()).map(({ Name, Type, Description }) => ({
      word: Name,
      about: short(Description || Type),
    })),
  'binding-rule': async ({ http }) =>
    (await aclApi(http).bindingRules()).map(({ ID, AuthMethod, BindType, BindName }) => ({
      word: ID,
      about: `${AuthMethod}: ${BindType} ${BindName}`,
    })),
  'config-kind': async () => words(Object.keys(configEntryKinds)),
  'config-name': async ({ http, line, options }) => {
    const kind = givenValue(line, 'kind');
    if (kind === undefined) return [];
    return words((await configApi(http).list(kind, options)).value.map(({ Name }) => String(Name)));
  },
  datacenter: async ({ http, options }) => words((await catalogApi(http).datacenters(options)).value),
  key: async ({ http, folder, options }) => {
    // Folder by folder; a value is never asked for.
    return words((await kvApi(http).keys(folder, '/', options)).value ?? []);
  },
  member: async ({ http, options }) => words((await agentApi(http).members(options)).map(({ Name }) => Name)),
  node: async ({ http, options }) =>
    (await catalogApi(http).nodes(options)).value.map(({ Node, Address }) => ({ word: Node, about: Address })),
  'peer-address': async ({ http }) =>
    (await operatorApi(http).raftConfiguration({ stale: true })).Servers.map(({ Address, Node }) => ({
      word: Address,
      about: Node,
    })),
  'peer-id': async ({ http }) =>
    (await operatorApi(http).raftConfiguration({ stale: true })).Servers.map(({ ID, Node }) => ({
      word: ID,
      about: Node,
    })),
  policy: async ({ http }) =>
    (await aclApi(http).policies()).map(({ Name, Description }) => ({ word: Name, about: short(Description) })),
  'policy-id': async ({ http }) => (await aclApi(http).policies()).map(({ ID, Name }) => ({ word: ID, about: Name })),
  role: async ({ http }) =>
    (await aclApi(http).roles()).map(({ Name, Description }) => ({ word: Name, about: short(Description) })),
  'role-id': async ({ http }) => (await aclApi(http).roles()).map(({ ID, Name }) => ({ word: ID, about: Name })),
  service: async ({ http, options }) =>
    Object.entries((await catalogApi(http).services(options)).value).map(([word, tags]) => ({
      word,
      about: tags.join(','),
    })),
  'service-id': async ({ http }) =>
    Object.values(await agentServicesApi(http).services()).map(({ ID, Service }) => ({ word: ID, about: Service })),
  session: async ({ http, options }) =>
    (await sessionApi(http).list(options)).value.map(({ ID, Name, Node }) => ({
      word: ID,
      about: [Name, Node].filter(Boolean).join(' of '),
    })),
  shell: async () => words(shells),
  token: async ({ http }) =>
    (await aclApi(http).tokens()).map(({ AccessorID, Description }) => ({
      word: AccessorID,
      about: short(Description),
    })),
  'token-type': async () => words(['default', 'agent', 'master', 'replication']),
};

/** The value of a flag that was given earlier on the line. */
function givenValue({ rest }: CommandLine, name: string): string | undefined {
  for (const [at, word] of rest.entries()) {
    const [, given, , value] = /^--?([^=]+)(=(.*))?$/.exec(word) ?? [];
    if (given === name) return value ?? rest[at + 1];
  }
  return undefined;
}

/** Rejects when the agent does not answer or refuses. */
export async function askFor(kind: Kind, asking: Asking): Promise<Candidate[]> {
  if (kind === 'file' || kind === 'data') return [];
  const found = await sources[kind](asking);
  return found.sort((a, b) => (a.word < b.word ? -1 : 1)).slice(0, mostCandidates);
}

/** What an answer depends on besides the agent and the token. */
export function cacheKey(kind: Kind, { folder, line }: Pick<Asking, 'folder' | 'line'>): string {
  const kindGiven = kind === 'config-name' ? (givenValue(line, 'kind') ?? '') : '';
  const datacenter = givenValue(line, 'datacenter') ?? '';
  return [kind, folder, kindGiven, datacenter].join('\n');
}
